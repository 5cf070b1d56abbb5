"""Batches, other imports at the same time, interruptions and refusals."""

import errno
import hashlib
import os
import time
from pathlib import Path

import pytest

from catalog.imports import plan, sources
from catalog.imports.importer import import_directory
from catalog.imports.sources import ImportRefused
from catalog.models import Collection, Image

from .files import counts, names, write

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", [0, 100])
def test_another_import_of_the_same_folder_meanwhile(folder, committed, monkeypatch, seed):
    """Catches a crash or doubled rows where two imports meet, new rows and replaced ones alike."""
    monkeypatch.setattr("catalog.imports.importer.BATCH_SIZE", 8)
    for number in range(20):
        write(folder / f"{number:02}.jpg", number)
    if seed:
        committed(folder)
        for number in range(20):
            (folder / f"{number:02}.jpg").unlink()
            write(folder / f"{number:02}.jpg", number + seed)
    inner = []

    def meddle(done, total):
        if done == 5 and not inner:
            inner.append(import_directory(directory=folder, collection="places"))

    report = committed(folder, on_progress=meddle)
    done = (report.added + report.replaced, inner[0].added + inner[0].replaced)
    assert done == (0, 20)
    assert (report.unchanged, report.duplicates, report.skipped) == (20, [], [])
    assert (report.gone, report.renamed) == ([], [])
    assert len(names()) == 20
    for image in Image.objects.all():
        assert hashlib.sha256(image.file.read()).hexdigest() == image.sha256


def test_a_row_that_goes_meanwhile_does_not_end_the_import(folder, committed):
    """Catches an update of no row counted as a replacement, and its batch counted twice."""
    write(folder / "a.jpg", 1)
    write(folder / "b.jpg", 2)
    committed(folder)
    write(folder / "a.jpg", 3)
    os.utime(folder / "b.jpg", (1_500_000_000, 1_500_000_000))

    def meddle(done, total):
        if done == 1:
            Image.objects.filter(name="a").delete()

    assert counts(committed(folder, on_progress=meddle)) == (1, 0, 1, 0, 0)
    assert names() == ["a", "b"]


def test_batches_are_committed_as_they_fill(folder, monkeypatch):
    """Catches an import that keeps everything for its end, and loses it when killed."""
    monkeypatch.setattr("catalog.imports.importer.BATCH_SIZE", 4)
    for number in range(10):
        write(folder / f"{number}.jpg", number)
    seen = []
    import_directory(
        directory=folder,
        collection="places",
        on_progress=lambda done, total: seen.append((done, total, Image.objects.count())),
    )
    assert seen == [
        (0, 10, 0),
        *[(done, 10, done // 4 * 4) for done in range(1, 11)],
    ]


def test_slow_batches_are_committed_before_they_are_full(folder, monkeypatch):
    """Catches minutes of work on large pictures that one interruption loses."""
    monkeypatch.setattr("catalog.imports.importer.BATCH_SECONDS", 0)
    for number in range(3):
        write(folder / f"{number}.jpg", number)
    seen = []
    import_directory(
        directory=folder,
        collection="places",
        on_progress=lambda done, total: seen.append(Image.objects.count()),
    )
    assert seen == [0, 1, 2, 3]


def test_a_stop_finishes_and_commits_what_is_under_way(folder, committed):
    """Catches work that is thrown away, and an import that does not stop."""
    for number in range(100):
        write(folder / f"{number:02}.jpg", number)
    seen = []
    report = committed(
        folder,
        on_progress=lambda done, total: seen.append(done),
        should_stop=lambda: len(seen) > 3,
    )
    assert report.interrupted
    assert 3 <= report.added < 40
    assert len(names()) == report.added == seen[-1]
    rest = committed(folder)
    assert (rest.unchanged, rest.added) == (report.added, 100 - report.added)


def test_results_do_not_depend_on_which_thread_is_first(folder, committed, monkeypatch):
    """Catches names and duplicates that change from run to run."""
    content = write(folder / "00.jpg", 99)
    for number in range(1, 8):
        (folder / f"{number:02}.jpg").write_bytes(content)
    real_read = sources.DirectorySource.read

    def first_is_last(source, name):
        if name == "00.jpg":
            time.sleep(0.1)
        return real_read(source, name)

    monkeypatch.setattr(sources.DirectorySource, "read", first_is_last)
    report = committed(folder)
    assert names() == [f"{number:02}" for number in range(8)]
    assert report.duplicates == [(f"{number:02}.jpg", "00") for number in range(1, 8)]


def test_rows_lost_to_another_import_again_and_again_are_reported(folder, committed, monkeypatch):
    """Catches an endless loop against an importer that always wins."""
    write(folder / "a.jpg")

    def always_lose(*_args):
        raise plan.RowGone

    monkeypatch.setattr(plan, "write", always_lose)
    report = committed(folder)
    assert [source for source, _reason in report.skipped] == ["a.jpg"]
    assert report.added == 0


@pytest.mark.parametrize("slug", ["", "two words", "../up", "ü", "x" * 51])
def test_an_invalid_short_name_is_refused_with_nothing_written(folder, slug):
    """Catches a collection that has no address, or a path out of the storage."""
    write(folder / "a.jpg")
    with pytest.raises(ImportRefused, match="short name"):
        import_directory(directory=folder, collection=slug)
    assert not Collection.objects.exists()


def test_what_is_no_folder_is_refused_with_nothing_written(folder):
    """Catches an empty collection made by a typing error."""
    write(folder / "a.jpg")
    with pytest.raises(ImportRefused, match=r"no folder .*typo: check"):
        import_directory(directory=folder / "typo", collection="places")
    with pytest.raises(ImportRefused, match=r"a\.jpg is not a folder"):
        import_directory(directory=folder / "a.jpg", collection="places")
    assert not Collection.objects.exists()


def test_a_folder_that_cannot_be_read_is_refused_or_named(folder, committed, monkeypatch):
    """Catches an unreadable folder below being passed over in silence."""
    write(folder / "a.jpg")
    (folder / "closed").mkdir()
    real_scandir = os.scandir

    def guarded(path):
        if Path(path).name == closed:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    closed = "closed"
    report = committed(folder)
    assert report.skipped == [("closed", "It cannot be read (Permission denied).")]
    assert names() == ["a"]
    closed = folder.name
    with pytest.raises(ImportRefused, match="Permission denied"):
        committed(folder)


def test_nothing_importable_makes_no_collection(folder, committed):
    """Catches an empty collection left by a folder without pictures."""
    (folder / "notes.txt").write_text("nothing")
    report = committed(folder)
    assert (counts(report), report.passed) == ((0, 0, 0, 0, 0), {".txt": 1})
    assert not Collection.objects.exists()
