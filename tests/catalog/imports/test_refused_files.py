"""What does not come in, and the reason it is given."""

import errno
import os
from pathlib import Path

import pytest

from catalog.imports import sources
from tests.helpers import encoded, picture

from .files import counts, names, write

pytestmark = pytest.mark.django_db


def test_bad_files_are_skipped_and_named_with_their_reasons(folder, committed, settings):
    """Catches one bad file ending an import, and a reason that helps nobody."""
    settings.SIS_MAX_PIXELS = 10_000
    good = write(folder / "good.jpg")
    (folder / "cut.jpg").write_bytes(good[:-200])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture")
    (folder / "notes.txt").write_text("no picture, and nobody takes it for one")
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "bomb.png").write_bytes(encoded(picture(1, size=(200, 51)), "PNG"))
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    report = committed(folder)
    reasons = dict(report.skipped)
    assert names() == ["good"]
    assert counts(report) == (1, 0, 0, 0, 6)
    assert report.total == 7
    assert "damaged" in reasons["cut.jpg"]
    assert "empty" in reasons["empty.jpg"]
    assert "not a picture" in reasons["text.jpg"]
    assert "not a picture" in reasons["drawing.svg"]
    assert "200 × 51" in reasons["bomb.png"]
    assert "broken link" in reasons["dangling.jpg"]


def test_a_file_that_cannot_be_read_is_skipped(folder, committed, monkeypatch):
    """Catches a permission that ends the import. (Permission bits do not stop root.)"""
    write(folder / "a.jpg", 1)
    write(folder / "b.jpg", 2)
    real_open = Path.open

    def guarded(path, *args, **options):
        if path.name == "a.jpg":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_open(path, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    report = committed(folder)
    assert report.skipped == [("a.jpg", "It cannot be read (Permission denied).")]
    assert names() == ["b"]


def test_a_named_pipe_does_not_stop_the_import(folder, committed):
    """Catches waiting forever for somebody to write into it."""
    os.mkfifo(folder / "pipe.jpg")
    report = committed(folder)
    assert report.skipped == [("pipe.jpg", "It is not a regular file.")]


def test_files_beyond_the_limit_are_refused_before_they_are_read(folder, committed, monkeypatch):
    """Catches a disk image being read into memory."""
    write(folder / "a.jpg")
    with (folder / "disk.jpg").open("wb") as file:
        file.truncate(sources.MAX_FILE_BYTES + 1)
    real_read = sources.DirectorySource.read
    read = []

    def watched(source, name):
        read.append(name)
        return real_read(source, name)

    monkeypatch.setattr(sources.DirectorySource, "read", watched)
    report = committed(folder)
    assert report.skipped == [("disk.jpg", "The file is larger than 1024 MiB.")]
    assert read == ["a.jpg"]


def test_names_that_no_row_can_have_are_skipped(folder, committed):
    """Catches a crash of the database or the terminal on such a name."""
    long = Path(*["x" * 200] * 3) / "a.jpg"
    write(folder / long, 1)
    write(folder / os.fsdecode(b"caf\xe9.jpg"), 2)
    write(folder / "ok.jpg", 3)
    report = committed(folder)
    assert names() == ["ok"]
    reasons = dict(report.skipped)
    assert "500 characters" in reasons[long.as_posix()]
    assert "UTF-8" in reasons["caf\\udce9.jpg"]
    str(report.skipped).encode()


def test_loops_of_links_end(folder, committed, tmp_path):
    """Catches walking in circles, and a loop's pictures reported as duplicates."""
    write(folder / "one" / "a.jpg", 1)
    write(folder / "two" / "b.jpg", 2)
    (folder / "one" / "self").symlink_to(folder / "one")
    (folder / "one" / "other").symlink_to(folder / "two")
    (folder / "two" / "other").symlink_to(folder / "one")
    (folder / "top").symlink_to(folder)
    (folder / "above").symlink_to(tmp_path)
    (folder / "endless").symlink_to(folder / "endless")
    report = committed(folder)
    assert names() == ["one/a", "two/b"]
    assert report.duplicates == []
    assert report.skipped == [("endless", "It is a broken link.")]


def test_a_linked_folder_elsewhere_comes_in_once(folder, committed, tmp_path):
    """Catches collections made of links that come in empty."""
    write(tmp_path / "archive" / "a.jpg")
    (folder / "first").symlink_to(tmp_path / "archive")
    (tmp_path / "archive" / "again").symlink_to(tmp_path / "archive")
    report = committed(folder)
    assert (names(), counts(report)) == (["first/a"], (1, 0, 0, 0, 0))
