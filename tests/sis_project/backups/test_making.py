"""A backup step by step, within the process of the tests; `test_processes` has real ones."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from catalog.models import Image
from sis_project.backups import database, making, restoring
from sis_project.backups.database import copy_database, restore_database, run_postgres
from sis_project.backups.folder import BackupError, Folder
from sis_project.backups.making import BackupInterrupted, checked_folder, make_backup
from sis_project.backups.restoring import RestoreInterrupted, leave_out, restore_backup
from tests.helpers import add_image

pytestmark = pytest.mark.django_db
NUMBER = 4


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIS_VAR_DIR = tmp_path / "var"


@pytest.fixture
def images(collection) -> list[Image]:
    return [add_image(collection, f"p{number}") for number in range(NUMBER)]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Where backups go; the database of the tests is in memory, a file stands for its copy."""
    monkeypatch.setattr(making, "engine", lambda: "sqlite")
    monkeypatch.setattr(making, "copy_database", lambda target: target.write_bytes(b"copy"))
    return tmp_path / "backup"


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """Lets a restore find an empty place; returns what it fills the database from."""
    sources = []
    monkeypatch.setattr(restoring, "engine", lambda: "sqlite")
    monkeypatch.setattr(restoring, "is_empty", lambda: True)
    monkeypatch.setattr(restoring, "restore_database", sources.append)
    monkeypatch.setattr(restoring, "call_command", lambda *args, **options: None)
    return sources


def lose(image: Image) -> None:
    image.file.storage.delete(str(image.file.name))


def test_every_file_is_kept_and_only_new_ones_are_copied_again(images, collection, root):
    steps = []
    made = make_backup(root=root, on_file=steps.append)
    assert (made.copied, made.manifest.count, sum(steps)) == (NUMBER, NUMBER, NUMBER)
    kept = {one.name: one for one in Folder(root).entries(made.manifest)}
    assert kept.keys() == {image.file.name for image in images}
    assert all(kept[image.file.name].sha256 == image.sha256 for image in images)
    add_image(collection, "new")
    again = make_backup(root=root)
    assert (again.copied, again.manifest.count) == (1, NUMBER + 1)


def test_pictures_that_come_while_the_database_is_copied_are_kept(
    images, collection, root, monkeypatch
):
    # Catches a row in the copy whose file is not.
    def copy(target):
        target.write_bytes(b"copy")
        add_image(collection, "meanwhile")

    monkeypatch.setattr(making, "copy_database", copy)
    assert make_backup(root=root).manifest.count == NUMBER + 1


def test_what_is_gone_is_named_and_an_interruption_leaves_the_backup_before(images, root, capsys):
    lose(images[1])
    made = make_backup(root=root)
    assert made.manifest.missing == [images[1].file.name]
    looks = iter([False, True])
    with pytest.raises(BackupInterrupted):
        make_backup(root=root, should_stop=lambda: next(looks))
    assert Folder(root).manifest() == made.manifest
    with pytest.raises(CommandError, match="1 file that a row names is not in the storage"):
        call_command("backup", str(root), verbosity=0)
    told = capsys.readouterr()
    assert f"{NUMBER - 1} files" in told.out
    assert images[1].file.name in told.err


def test_a_folder_within_what_is_backed_up_is_refused(tmp_path):
    with pytest.raises(BackupError, match="choose another folder"):
        checked_folder(tmp_path / "var" / "backup")
    assert checked_folder(tmp_path / "backup") == tmp_path / "backup"


def test_files_come_back_and_those_that_are_there_stay(images, root, empty, capsys):
    make_backup(root=root)
    whole = {image.file.name: default_storage.open(image.file.name).read() for image in images}
    for image in images[:2]:
        lose(image)
    restored = restore_backup(root=root)
    assert (restored.written, restored.left_out) == (2, 0)
    assert [source.read_bytes() for source in empty] == [b"copy"]
    for name, content in whole.items():
        assert default_storage.open(name).read() == content
    call_command("restore", str(root), verbosity=0)
    assert f"the database and {NUMBER} files" in capsys.readouterr().out


def test_rows_that_were_deleted_meanwhile_are_left_out(images, root, empty, capsys):
    # Catches pictures that are crossed out for ever after a restore.
    make_backup(root=root)
    assert leave_out({image.file.name for image in images[1:]}) == 1
    assert sorted(Image.objects.values_list("name", flat=True)) == ["p1", "p2", "p3"]


def test_what_cannot_be_restored_is_said(images, root, empty, tmp_path, monkeypatch):
    with pytest.raises(BackupError, match="There is no backup"):
        restore_backup(root=tmp_path / "nothing")
    made = make_backup(root=root)
    with pytest.raises(RestoreInterrupted):
        restore_backup(root=root, should_stop=lambda: True)
    monkeypatch.setattr(restoring, "engine", lambda: "postgresql")
    with pytest.raises(BackupError, match="is of sqlite and this database is postgresql"):
        restore_backup(root=root)
    monkeypatch.setattr(restoring, "engine", lambda: "sqlite")
    (root / made.manifest.database).write_bytes(b"other")
    with pytest.raises(CommandError, match="is damaged"):
        call_command("restore", str(root), verbosity=0)
    monkeypatch.setattr(restoring, "is_empty", lambda: False)
    with pytest.raises(BackupError, match="has tables already"):
        restore_backup(root=root)
    assert not empty


class TestDatabase:
    @pytest.fixture
    def path(self, tmp_path, monkeypatch):
        monkeypatch.setattr(database, "engine", lambda: "sqlite")
        monkeypatch.setattr(database.connection, "close", lambda: None)
        path = tmp_path / "db.sqlite3"
        monkeypatch.setattr(database, "sqlite_path", lambda: str(path))
        return path

    def test_a_copy_is_of_one_moment_and_comes_back(self, path, tmp_path):
        with closing(sqlite3.connect(path)) as live:
            live.execute("PRAGMA journal_mode=WAL")
            live.execute("CREATE TABLE t (x)")
            live.execute("INSERT INTO t VALUES (1)")
            live.commit()
            copy_database(tmp_path / "copy")
            live.execute("INSERT INTO t VALUES (2)")
            live.commit()
        for leftover in path.parent.glob("db.sqlite3*"):
            leftover.unlink()
        restore_database(tmp_path / "copy")
        with closing(sqlite3.connect(path)) as restored:
            assert restored.execute("SELECT x FROM t").fetchall() == [(1,)]

    def test_a_program_that_fails_or_is_missing_is_said(self, monkeypatch):
        class Client:
            @staticmethod
            def settings_to_cmd_args_env(settings, parameters):
                return ["psql", "-h", "nowhere", "sis"], {"PGPASSWORD": "x"}

        monkeypatch.setattr(database.connection, "client", Client)
        monkeypatch.setattr(database, "postgres_program", lambda name: shutil.which("false"))
        with pytest.raises(BackupError, match="pg_dump failed: 1"):
            run_postgres("pg_dump", "--file=x")
        monkeypatch.undo()
        with pytest.raises(BackupError, match="pg_nothing is not installed"):
            database.postgres_program("pg_nothing")

    def test_other_databases_have_tools_of_their_own(self, monkeypatch):
        monkeypatch.setattr(database.connection, "vendor", "oracle")
        with pytest.raises(BackupError, match="this is oracle"):
            database.engine()
