"""Who is blamed where an import fails: the picture, the media folder or the database."""

import errno
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import OperationalError

from catalog.imports import importer, plan
from catalog.imports.importer import import_directory
from catalog.models import Image
from tests.catalog.imports.files import counts, names, write
from tests.disks import mounted

pytestmark = pytest.mark.django_db


class FailingStorage(FileSystemStorage):
    """A media folder whose disk gives this error once it holds `room` files."""

    room = 0
    number = errno.EROFS

    def _save(self, name, content):
        if self.room < 1:
            raise OSError(self.number, os.strerror(self.number), self.path(name))
        type(self).room -= 1
        return super()._save(name, content)


@pytest.fixture
def failing(settings, monkeypatch):
    """Let the media folder fail; files come in as copies, as from another disk."""

    def use(number: int, *, room: int = 0) -> None:
        monkeypatch.setattr(FailingStorage, "number", number)
        monkeypatch.setattr(FailingStorage, "room", room)
        path = f"{__name__}.FailingStorage"
        settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": path}}

    monkeypatch.setattr("catalog.imports.storage.link", lambda _original, _path: False)
    monkeypatch.setattr(importer.os, "cpu_count", lambda: 1)
    return use


@pytest.fixture
def folder(tmp_path) -> Path:
    for number in range(20):
        write(tmp_path / "in" / f"{number:02}.jpg", number)
    return tmp_path / "in"


def run(folder: Path) -> tuple[str, str]:
    """(stdout, stderr with the final error) of an import that must fail."""
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("import_images", str(folder), collection="places", stdout=out, stderr=err)
    assert failure.value.returncode == 1
    return out.getvalue(), err.getvalue() + str(failure.value)


@pytest.mark.parametrize(
    ("number", "words", "remedy"),
    [
        (errno.EROFS, "Read-only file system", "SIS_VAR_DIR"),
        (errno.ENOSPC, "No space left on device", "Make room"),
        (errno.EDQUOT, "Disk quota exceeded", "quota raised"),
        (errno.EACCES, "Permission denied", "Let this user"),
        (errno.EIO, "Input/output error", "Check its disk"),
    ],
)
def test_the_media_folder_is_blamed_once_with_a_remedy(
    folder, failing, media, number, words, remedy
):
    """Catches "cannot be read" said of every source file, where the media folder is at fault."""
    failing(number)
    out, err = run(folder)
    assert f"The media folder {media} takes no file: {words}. " in err
    assert remedy in err
    assert ".jpg" not in err
    assert out.startswith("0 added, ")


def test_what_came_in_before_the_disk_was_full_stays_and_is_told(folder, failing):
    """Catches a lost report, rows without files, and a second run that starts over."""
    failing(errno.ENOSPC, room=7)
    out, err = run(folder)
    assert out.startswith("7 added, ")
    assert "No space left on device" in err
    assert all(Path(image.file.path).is_file() for image in Image.objects.all())
    failing(errno.ENOSPC, room=100)
    assert counts(import_directory(directory=folder, collection="places")) == (13, 0, 7, 0, 0)


def test_the_source_is_blamed_for_what_the_source_does(folder, failing, monkeypatch):
    """Catches the opposite: a picture that cannot be read, told as the media folder's fault."""
    real_open = Path.open

    def guarded(path, *args, **options):
        if path.name == "03.jpg":
            raise OSError(errno.EIO, "Input/output error", str(path))
        return real_open(path, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    _out, err = run(folder)
    assert "03.jpg: It cannot be read (Input/output error)." in err
    assert "media folder" not in err
    assert len(names()) == 19


def test_a_database_that_gives_up_half_way_keeps_the_report(folder, monkeypatch):
    """Catches "run migrate first" for every trouble, and the report of the import lost with it."""
    monkeypatch.setattr(importer, "BATCH_SIZE", 5)
    real_write, batches = plan.write, []

    def locked(slug, batch):
        batches.append(batch)
        if len(batches) > 2:
            raise OperationalError("database is locked")
        real_write(slug, batch)

    monkeypatch.setattr(plan, "write", locked)
    out, err = run(folder)
    assert out.startswith("10 added, ")
    assert "is locked: another program" in err
    assert "migrate" not in err
    assert len(names()) == 10


@pytest.mark.slow
@pytest.mark.parametrize(("trouble", "words"), [("full", "No space left"), ("frozen", "Read-only")])
def test_a_real_disk_in_trouble_is_blamed(folder, settings, tmp_path, trouble, words):
    """Catches what a pretended error hides: folders that cannot be made, links that cannot."""
    with mounted(tmp_path / "disk") as disk:
        settings.MEDIA_ROOT = disk.path
        disk.fill() if trouble == "full" else disk.freeze()
        out, err = run(folder)
        assert f"The media folder {disk.path} takes no file: {words}" in err
    assert ".jpg" not in err
    assert out.startswith("0 added")
    assert not Image.objects.exists()
