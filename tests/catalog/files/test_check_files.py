"""Files without rows and rows without files: every one is found, and nothing else is touched."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages

from catalog.files import file_check
from catalog.files.file_check import FileCheck, Wishes
from catalog.files.media import FileFacts, facts_of
from catalog.files.own_files import Pictures
from catalog.files.thumbnails import SIZES, rendition_of
from catalog.imports.importer import import_directory, import_storage
from catalog.imports.storage import REUSABLE_SECONDS
from catalog.management.commands import check_files as command
from catalog.models import Image
from tests.catalog.imports.files import stored_files, write
from tests.checking import aged, check_files, findings, old_file
from tests.helpers import add_image, encoded, picture

pytestmark = pytest.mark.django_db

NOW = ("--min-age", "0")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Caches of vectors that other tests have left are no finding here."""
    settings.SIS_VAR_DIR = tmp_path / "own"


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.slow)])
def any_storage(request):
    if request.param == "s3":
        request.getfixturevalue("s3")


def put(name: str, content: bytes = b"left behind") -> str:
    return default_storage.save(name, ContentFile(content))


def test_nothing_is_said_where_everything_agrees(collection, media):
    # Catches a rendition, a file of another app or an empty system called a leftover.
    assert check_files()[0] == 0
    image = add_image(collection, "one")
    for size in SIZES:
        rendition_of(image, size)
    before = stored_files(media)
    status, out, _err = check_files("--delete", "--delete-rows", *NOW)
    assert (status, findings(out)) == (0, [])
    assert "pictures: files: 1, all in order" in out
    assert stored_files(media) == before
    assert Image.objects.count() == 1


def test_files_without_rows_are_listed_and_then_deleted(any_storage, collection):
    # Catches hidden files passed over, thumbnails of the last release, and a live file deleted.
    image = add_image(collection, "one")
    rendition_of(image, "grid")
    left = [
        put("images/places/ab/" + "ab" * 32 + ".jpg"),
        put("images/places/ab/.0123abcd-" + "ab" * 32 + ".jpg"),
        put("images/gone/notes.txt"),
        put("thumbnails/images/places/ab/" + "ab" * 32 + ".jpg.96x96_q82.jpg"),
        put("thumbnails/ab/" + "ab" * 32 + "-grid.jpg"),
        put(f"thumbnails/{image.sha256[:2]}/{image.sha256}-huge.jpg"),
    ]
    elsewhere = put("archive/a.jpg")
    status, out, err = check_files(*NOW)
    assert status == 1
    assert sorted(findings(out)) == sorted(f"{n}: no row names it (11\xa0bytes)." for n in left)
    assert "without a row: 3 (33\xa0bytes), deleted: 0" in out
    assert "--delete removes" in err
    status, out, err = check_files("--delete", *NOW)
    assert status == 0
    assert sorted(findings(out)) == sorted(f"{name}: deleted (11\xa0bytes)." for name in left)
    assert not any(default_storage.exists(name) for name in left)
    assert default_storage.exists(elsewhere)
    assert default_storage.exists(image.file.name)
    assert check_files(*NOW)[0] == 0


def test_what_may_be_being_written_is_left_alone(media):
    # Catches the file of an import that has not committed its row yet.
    young = old_file(media / "images/places/young.jpg")
    os.utime(young)
    old = old_file(media / "images/places/old.jpg")
    future = old_file(media / "images/places/future.jpg")
    os.utime(future, (4e9, 4e9))
    status, out, _err = check_files("--delete")
    assert status == 0
    assert findings(out) == ["images/places/old.jpg: deleted (11\xa0bytes)."]
    assert "younger than 60 min: 2" in out
    assert (young.exists(), old.exists(), future.exists()) == (True, False, True)
    assert check_files("--delete", *NOW)[0] == 0
    assert not young.exists()


def test_a_link_to_an_old_original_is_as_young_as_the_link(media, tmp_path):
    # Catches a picture deleted between its import and its row, because its original is old.
    original = old_file(tmp_path / "original.jpg")
    linked = media / "images/places/linked.jpg"
    linked.parent.mkdir(parents=True)
    os.link(original, linked)
    assert check_files("--delete")[0] == 0
    assert linked.exists()


def test_a_row_that_comes_while_files_are_looked_at_keeps_its_file(collection, monkeypatch):
    # Catches a list of rows that is trusted although it is minutes old.
    image = add_image(collection, "one")
    rendition_of(image, "grid")
    for kind in ("Pictures", "Renditions"):
        monkeypatch.setattr(f"catalog.files.own_files.{kind}.named", lambda self: iter(()))
    status, out, _err = check_files("--delete", *NOW)
    assert (status, findings(out)) == (0, [])
    assert default_storage.exists(image.file.name)


def test_a_row_that_goes_while_rows_are_looked_at_is_not_missed(collection, monkeypatch):
    # Catches a deleted image called lost, and one whose file came after the look at its folder.
    images = [add_image(collection, name) for name in ("one", "two")]
    default_storage.delete(images[0].file.name)
    monkeypatch.setattr(
        "catalog.files.own_files.Pictures.listing", lambda self: iter([["images/x"]])
    )
    monkeypatch.setattr("catalog.files.own_files.Pictures.files_without_rows", False)
    owners = list(Pictures().owners())
    monkeypatch.setattr("catalog.files.own_files.Pictures.owners", lambda self: iter(owners))
    assert [owner.pk for owner in FileCheck(Pictures(), Wishes()).run().lost] == [images[0].pk]
    Image.objects.all().delete()
    assert FileCheck(Pictures(), Wishes()).run().lost == []


def test_rows_without_files_are_named_and_an_import_brings_the_files_back(
    tmp_path, django_capture_on_commit_callbacks
):
    # Catches rows deleted unasked, with features that took hours.
    for number in range(3):
        write(tmp_path / "in" / f"p{number}.jpg", number)
    import_directory(directory=tmp_path / "in", collection="places")
    lost = Image.objects.get(name="p1")
    default_storage.delete(lost.file.name)
    status, out, err = check_files("--delete")
    assert status == 1
    assert findings(out) == [f"image “p1” of collection “places”: its file {lost.file} is gone."]
    assert "Import the same folder again" in err
    assert "--delete-rows" in err
    assert Image.objects.count() == 3
    import_directory(directory=tmp_path / "in", collection="places")
    assert check_files()[0] == 0
    default_storage.delete(lost.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        status, out, _err = check_files("--delete-rows")
    assert status == 0
    assert sorted(Image.objects.values_list("name", flat=True)) == ["p0", "p2"]
    assert check_files()[0] == 0


@pytest.mark.parametrize("lose", ["the disk", "the folder"])
def test_a_disk_that_is_not_mounted_costs_no_row(media, collection, lose):
    # Catches a catalogue emptied because its disk was away for a minute.
    for number in range(3):
        add_image(collection, f"p{number}")
    (media if lose == "the disk" else media / "images").rename(media.with_name("elsewhere"))
    status, out, err = check_files("--delete", "--delete-rows")
    assert status == 1
    assert len(findings(out)) == 3
    assert "Is the disk mounted" in err
    assert Image.objects.count() == 3


def test_files_that_were_in_the_storage_before_are_never_touched(any_storage):
    # Catches somebody's own pictures deleted, and rows that nobody notices are without files.
    for number in range(3):
        put(f"archive/deep/{number}.jpg", encoded(picture(number)))
    put("archive/deep/notes.txt")
    import_storage(prefix="archive", collection="places")
    assert check_files("--delete", "--delete-rows", *NOW)[0] == 0
    default_storage.delete("archive/deep/1.jpg")
    status, out, err = check_files("--delete", *NOW)
    assert status == 1
    (line,) = findings(out)
    assert "“deep/1”" in line
    assert "archive/deep/1.jpg" in line
    assert "Put the files back" in err
    assert default_storage.exists("archive/deep/notes.txt")
    assert check_files("--delete-rows", *NOW)[0] == 0
    assert sorted(Image.objects.values_list("name", flat=True)) == ["deep/0", "deep/2"]
    assert len(default_storage.listdir("archive/deep")[1]) == 3


def test_pictures_imported_from_the_systems_own_folder_have_rows(collection):
    # Catches the files of such an import called leftovers.
    name = put("images/mine/a.jpg", encoded(picture(1)))
    import_storage(prefix="images/mine", collection="places")
    status, out, _err = check_files("--delete", *NOW)
    assert (status, findings(out)) == (0, [])
    assert default_storage.exists(name)


def test_names_that_no_terminal_and_no_database_takes(media):
    # Catches a traceback, a file that hides itself, and one that cannot be removed.
    folder = media / "images"
    folder.mkdir(parents=True)
    for name in (b"a\nb.jpg", b"\x1b[2Jc.jpg", b"\xff\xfe.jpg", "\u202egpj.exe".encode()):
        (folder / os.fsdecode(name)).write_bytes(b"x")
    status, out, _err = check_files("--delete", *NOW)
    assert status == 0
    assert {line.partition(":")[0] for line in findings(out)} == {
        r"images/a\nb.jpg",
        r"images/\x1b[2Jc.jpg",
        r"images/\udcff\udcfe.jpg",
        r"images/\u202egpj.exe",
    }
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_deleted_is_named_and_stops_nothing(media, small_disk, settings):
    # Catches an exit status 0 over files that are still there.
    settings.MEDIA_ROOT = small_disk.path
    for number in range(2):
        old_file(small_disk.path / f"images/{number}.jpg")
    small_disk.freeze()
    status, out, _err = check_files("--delete")
    assert status == 1
    assert len(findings(out)) == 2
    assert all(": it cannot be deleted (" in line for line in findings(out))
    assert all("read-only" in line.lower() for line in findings(out))


def test_an_interrupted_check_says_so_and_judges_no_row(collection, monkeypatch):
    # Catches rows called lost because the look at their files ended early.
    add_image(collection, "one")
    stops = iter([False, True, True, True, True])
    monkeypatch.setattr(file_check, "in_parts", lambda values: [[value] for value in values])
    for number in range(5):
        put(f"images/left/{number}.jpg")
    check = FileCheck(
        Pictures(),
        Wishes(delete=True, delete_rows=True, min_age=timedelta()),
        should_stop=lambda: next(stops, True),
    )
    report = check.run()
    assert report.interrupted
    assert report.files == 1
    assert report.lost == []
    assert Image.objects.count() == 1


def test_ctrl_c_has_its_own_exit_status(media, monkeypatch):
    # Catches a night's script that takes an interrupted check for a clean one.
    stopped = threading.Event()
    stopped.set()
    monkeypatch.setattr(command, "stop_on_interrupt", lambda: nullcontext(stopped))
    left = old_file(media / "images/left.jpg")
    status, _out, err = check_files("--delete")
    assert status == 130
    assert "Interrupted" in err
    assert left.exists()


def test_a_storage_that_does_not_answer_is_one_sentence(s3, collection, settings):
    # Catches a traceback of the client library, and rows called lost because a bucket is away.
    add_image(collection, "one")
    options = settings.STORAGES["default"]["OPTIONS"] | {"bucket_name": "no-such-bucket"}
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": options}
    }
    status, out, err = check_files("--delete", "--delete-rows")
    assert (status, out) == (1, "")
    assert "bucket" in err.lower()
    assert "SIS_STORAGE_OPTIONS" in err
    assert Image.objects.count() == 1


def test_links_between_folders_lead_nowhere_twice(media):
    # Catches a walk in circles.
    old_file(media / "images/a/left.jpg")
    (media / "images/a/again").symlink_to(media / "images")
    status, out, _err = check_files("--delete")
    assert (status, len(findings(out))) == (0, 1)
    assert (media / "images/a/again").is_symlink()


def test_a_leftover_that_an_import_takes_counts_as_new(media, tmp_path, collection):
    # Catches a file deleted between the moment an import finds it there and its row.
    content = write(tmp_path / "in" / "a.jpg", 1)
    import_directory(directory=tmp_path / "in", collection="places")
    stored = Path(Image.objects.get().file.path)
    for linked in (True, False):
        Image.objects.all().delete()
        if not linked:
            stored.unlink()
            stored.write_bytes(content)
        aged(stored)
        before = stored.stat()
        import_directory(directory=tmp_path / "in", collection="places")
        after = stored.stat()
        assert facts_of(Image.objects.get().file.name, default_storage).age < 60
        assert after.st_ino == before.st_ino
        assert not linked or after.st_mtime == before.st_mtime  # the original's date


def test_an_old_upload_is_sent_again_where_a_new_row_needs_it(s3, tmp_path, monkeypatch):
    # Catches the same in a bucket, where nothing but an upload makes a file young.
    content = write(tmp_path / "in" / "a.jpg", 1)
    import_directory(directory=tmp_path / "in", collection="places")
    kind: Any = type(storages["default"])
    uploads, real_save = [], kind._save

    def watched(storage, name, content):
        uploads.append(name)
        return real_save(storage, name, content)

    monkeypatch.setattr(kind, "_save", watched)
    for age, expected in ((REUSABLE_SECONDS - 60, 0), (REUSABLE_SECONDS + 60, 1)):
        Image.objects.all().delete()
        facts = FileFacts(len(content), age)
        monkeypatch.setattr("catalog.imports.storage.facts_of", lambda *_, facts=facts: facts)
        import_directory(directory=tmp_path / "in", collection="places")
        assert len(uploads) == expected
    assert Image.objects.get().file.read() == content


KILLED = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from catalog.imports import importer
call_command("migrate", verbosity=0)
moment = sys.argv[2]
if moment == "before the file has its name":
    Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
else:
    importer.ImportPlan.commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
importer.import_directory(directory=sys.argv[1], collection="places")
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before the file has its name", "before the row is there"])
def test_what_a_killed_import_leaves_is_found(tmp_path, moment):
    # Catches hidden temporary files, and whole ones, that nothing ever lists.
    for number in range(3):
        write(tmp_path / "in" / f"{number}.jpg", number)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SIS_VAR_DIR": str(tmp_path / "var"),
        "TMPDIR": str(
            tmp_path
        ),  # where other tests have unfinished uploads is none of its business
    }
    environment.pop("DATABASE_URL", None)

    def run(*command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, *command],
            cwd=project.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )

    killed = run("-c", KILLED, str(tmp_path / "in"), moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = stored_files(tmp_path / "var" / "media")
    assert left
    assert all(Path(name).name.startswith(".") for name in left) == (
        moment[7:] == "the file has its name"
    )
    listed = run("manage.py", "check_files", *NOW)
    assert listed.returncode == 1
    assert {line.partition(":")[0] for line in findings(listed.stdout)} == left
    assert run("manage.py", "check_files", "--delete", *NOW).returncode == 0
    assert stored_files(tmp_path / "var" / "media") == set()
    done = run("manage.py", "import_images", str(tmp_path / "in"), "--collection", "places")
    assert done.returncode == 0, done.stderr
    agreed = run("manage.py", "check_files", *NOW)
    assert agreed.returncode == 0, agreed.stdout
