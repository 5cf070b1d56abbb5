"""`import_images` as its user meets it: words, exit statuses, interruptions, killed processes."""

import contextlib
import hashlib
import os
import pty
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
import zlib
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from catalog.models import Collection, Image
from tests.helpers import encoded, picture

ROOT = settings.BASE_DIR
MANY = 400


def write(path: Path, seed: int = 0, format: str = "JPEG", **options) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = encoded(picture(seed, **options), format)
    path.write_bytes(content)
    return content


def run(*arguments: str, **options) -> tuple[str, str, int]:
    """(stdout, stderr with the final error, exit status) of the command."""
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command("import_images", *arguments, stdout=out, stderr=err, **options)
    except CommandError as error:
        err.write(str(error))
        status = error.returncode
    return out.getvalue(), err.getvalue(), status


# --- Words and exit statuses ----------------------------------------------------------------


@pytest.mark.django_db
def test_a_clean_import_says_what_it_did(tmp_path):
    """Catches a wrong count, an exit status other than 0, and progress mixed into the report."""
    write(tmp_path / "in" / "a.jpg", 1)
    content = write(tmp_path / "in" / "b.jpg", 2)
    (tmp_path / "in" / "c.jpg").write_bytes(content)
    out, err, status = run(str(tmp_path / "in"), "--collection", "places")
    assert status == 0
    assert out.splitlines() == [
        "c.jpg: the same content as “b”, stored once.",
        "3 added, 0 replaced, 0 unchanged, 0 renamed, 1 with the content of another, 0 skipped.",
    ]
    assert err.startswith("3/3 images, ")
    assert run(str(tmp_path / "in"), "--collection", "places")[0].endswith(
        "0 added, 0 replaced, 3 unchanged, 0 renamed, 1 with the content of another, 0 skipped.\n"
    )


@pytest.mark.django_db
def test_skipped_files_are_named_at_the_end_and_the_status_is_1(tmp_path):
    """Catches failures that a script cannot see, and a real bomb being unpacked."""
    write(tmp_path / "in" / "a.jpg", 1)
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = (
        struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    )
    (tmp_path / "in" / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bomb + b"\0\0\0\0IDAT")
    (tmp_path / "in" / "notes.jpg").write_text("not a picture")
    out, err, status = run(str(tmp_path / "in"), "--collection", "places")
    assert status == 1
    assert out.startswith("1 added, ") and out.endswith(", 2 skipped.\n")
    lines = err.splitlines()
    assert lines[1].startswith("bomb.png: The picture is too large")
    assert lines[2].startswith("notes.jpg: This is not a picture")
    assert Image.objects.get().name == "a"


@pytest.mark.django_db
def test_verbosity_0_says_only_what_is_wrong(tmp_path):
    """Catches a cron job that writes a letter every night."""
    write(tmp_path / "in" / "a.jpg")
    assert run(str(tmp_path / "in"), "--collection", "places", verbosity=0) == ("", "", 0)
    (tmp_path / "in" / "b.jpg").write_bytes(b"")
    out, err, status = run(str(tmp_path / "in"), "--collection", "places", verbosity=0)
    assert (out, status) == ("", 1)
    assert err.startswith("b.jpg: The file is empty.\n")


@pytest.mark.django_db
def test_an_empty_folder_says_so(tmp_path):
    """Catches silence, which looks like success."""
    (tmp_path / "in").mkdir()
    out, _err, status = run(str(tmp_path / "in"), "--collection", "places")
    assert (out, status) == (f"There are no files to import in “{tmp_path / 'in'}”.\n", 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (["/no/such/folder", "--collection", "places"], "There is no folder /no/such", 1),
        ([__file__, "--collection", "places"], "is not a folder", 1),
        (["/", "--collection", "no good"], "“no good” cannot be a collection's short name", 1),
        (["--collection", "places"], "but not both", 2),
        (["/", "--from-storage", "x", "--collection", "places"], "but not both", 2),
        (["--from-storage", "nowhere", "--collection", "places"], "no folder “nowhere”", 1),
        (["--from-storage", "../..", "--collection", "places"], "no folder “../..”", 1),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(arguments, words, status):
    """Catches tracebacks, wrong exit statuses and half-made collections."""
    out, err, found = run(*arguments)
    assert (out, found) == ("", status)
    assert words in err
    assert err.count("\n") == 0
    assert not Collection.objects.exists()


def test_a_database_without_tables_is_one_sentence(tmp_path, monkeypatch):
    """Catches a traceback on the very first command of a new installation."""

    def no_table(**_options):
        raise OperationalError("no such table: catalog_image")

    monkeypatch.setattr("catalog.management.commands.import_images.import_directory", no_table)
    _out, err, status = run(str(tmp_path), "--collection", "places")
    assert status == 1
    assert "no such table" in err and "migrate" in err


# --- Real processes -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """A folder that takes a while."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(MANY):
        write(folder / f"{number:04}.jpg", number, size=(480, 360))
    return folder


class Installation:
    """A `var` folder of its own, and processes working on it."""

    def __init__(self, folder: Path) -> None:
        self.var = folder
        self.environment = {
            **os.environ,
            "SIS_VAR_DIR": str(folder),
            "SIS_WEIGHTS": "untrained",
            "DJANGO_SETTINGS_MODULE": "sis_project.settings",
        }
        self.environment.pop("DATABASE_URL", None)
        assert self.start("migrate", "--verbosity", "0").wait() == 0

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, **options
        )

    def start_import(self, folder: Path) -> subprocess.Popen:
        return self.start(
            "import_images",
            str(folder),
            "--collection",
            "places",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def rows(self) -> list[tuple[str, str, str]]:
        with contextlib.closing(sqlite3.connect(self.var / "db.sqlite3", timeout=60)) as database:
            return database.execute(
                "SELECT source_name, file, sha256 FROM catalog_image"
            ).fetchall()

    def wait_for_rows(self, process: subprocess.Popen) -> None:
        while not self.rows() and process.poll() is None:
            time.sleep(0.002)

    def assert_every_row_has_its_file(self) -> None:
        for _name, file, digest in self.rows():
            content = (self.var / "media" / file).read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest

    def assert_complete(self) -> None:
        """Every picture once, every row with its file, and no file without a row."""
        assert [name for name, _file, _digest in sorted(self.rows())] == [
            f"{number:04}.jpg" for number in range(MANY)
        ]
        self.assert_every_row_has_its_file()
        pictures = {
            path.relative_to(self.var / "media").as_posix()
            for path in (self.var / "media" / "images").rglob("*.jpg")
            # A link that was to be given its name when the process was killed.
            if not path.name.startswith(".")
        }
        assert pictures == {file for _name, file, _digest in self.rows()}


@pytest.fixture
def installation(tmp_path) -> Installation:
    return Installation(tmp_path / "var")


@pytest.mark.slow
def test_a_killed_import_loses_nothing_and_is_resumed(installation, many):
    """Catches rows without files, a damaged database, and a second run that starts over."""
    process = installation.start_import(many)
    installation.wait_for_rows(process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    done = len(installation.rows())
    assert 0 < done < MANY
    installation.assert_every_row_has_its_file()
    process = installation.start_import(many)
    out, _err = process.communicate()
    assert process.returncode == 0
    assert out.startswith(f"{MANY - done} added, 0 replaced, {done} unchanged")
    installation.assert_complete()


@pytest.mark.slow
def test_an_import_of_renamed_files_may_be_killed_anywhere(installation, many, tmp_path):
    """Catches half a chain of renames, and vectors that stay behind with a name."""
    folder = tmp_path / "renamed"
    shutil.copytree(many, folder)
    assert installation.start_import(folder).wait() == 0
    database = sqlite3.connect(installation.var / "db.sqlite3", timeout=60, isolation_level=None)
    database.execute("UPDATE catalog_image SET fc6_model_id = sha256")
    before = dict(database.execute("SELECT id, sha256 FROM catalog_image"))
    for number in reversed(range(MANY)):
        # One long chain, and a folder that moves.
        target = f"{number + 1:04}.jpg" if number < MANY // 2 else f"sub/{number:04}.jpg"
        (folder / target).parent.mkdir(exist_ok=True)
        (folder / f"{number:04}.jpg").rename(folder / target)
    for delay in (0.5, 1.0, 1.5, 2.0, 2.5):
        process = installation.start_import(folder)
        time.sleep(delay)
        process.kill()
        process.communicate()
        assert dict(database.execute("SELECT id, sha256 FROM catalog_image")) == before
    process = installation.start_import(folder)
    process.communicate()
    assert process.returncode == 0
    rows = database.execute("SELECT id, source_name, sha256, fc6_model_id FROM catalog_image")
    found = rows.fetchall()
    database.close()
    assert {pk: digest for pk, _source, digest, _model in found} == before
    for _pk, source, digest, model in found:
        assert hashlib.sha256((folder / source).read_bytes()).hexdigest() == digest == model
    installation.assert_every_row_has_its_file()


@pytest.mark.slow
def test_ctrl_c_commits_what_is_under_way_and_exits_with_130(installation, many):
    """Catches a traceback, a lost batch and an exit status that looks like success."""
    process = installation.start_import(many)
    installation.wait_for_rows(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert "Interrupted: run the command again" in err
    assert "Traceback" not in err
    done = len(installation.rows())
    assert 0 < done < MANY
    assert out.startswith(f"{done} added")
    process = installation.start_import(many)
    assert process.communicate()[0].startswith(f"{MANY - done} added")
    installation.assert_complete()


@pytest.mark.slow
def test_two_imports_at_once_share_the_work_without_harm(installation, many):
    """Catches "database is locked", unique constraints as tracebacks, and doubled rows."""
    processes = [installation.start_import(many) for _number in range(2)]
    results = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results
    installation.assert_complete()


@pytest.mark.slow
def test_a_terminal_gets_a_bar_on_one_line(installation, tmp_path):
    """Catches a bar that starts a new line with every step, and one that never shows."""
    for number in range(30):
        write(tmp_path / "in" / f"{number}.jpg", number)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = installation.start(
        "import_images",
        str(tmp_path / "in"),
        "--collection",
        "places",
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end was closed
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert process.wait() == 0
    assert b"30/30" in shown and b"images/s" in shown
    assert shown.count(b"\n") == 1
