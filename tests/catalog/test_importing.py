"""Folders into collections: what comes in, what does not, and what a second run does."""

import errno
import hashlib
import io
import os
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from easy_thumbnails.files import get_thumbnailer

from catalog import ledger, sources
from catalog.importing import ImportRefused, import_directory
from catalog.models import Collection, Image
from catalog.pictures import decode
from tests.helpers import MODEL_ID, encoded, picture, unit_vectors

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "pictures"
    path.mkdir()
    return path


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Import with everything done that waits for the commit."""

    def run(directory: Path, **options):
        with django_capture_on_commit_callbacks(execute=True):
            return import_directory(directory=directory, collection="places", **options)

    return run


def write(path: Path, seed: int = 0, format: str = "JPEG", **options) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = encoded(picture(seed), format, **options)
    path.write_bytes(content)
    return content


def names() -> list[str]:
    return list(Image.objects.order_by("name").values_list("name", flat=True))


def counts(report) -> tuple[int, int, int, int, int]:
    return (
        report.added,
        report.replaced,
        report.unchanged,
        len(report.duplicates),
        len(report.skipped),
    )


def stored_files(media: Path) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


# --- What a row holds -----------------------------------------------------------------------


def test_a_row_has_every_fact_of_its_file(folder, committed):
    """Catches a fact that is missing, of the wrong file, or in the wrong unit."""
    content = write(folder / "towers" / "magdalen.1.jpg", 3)
    os.utime(folder / "towers" / "magdalen.1.jpg", (1_600_000_000, 1_600_000_000))
    report = committed(folder)
    assert (report.total, counts(report)) == (1, (1, 0, 0, 0, 0))
    image = Image.objects.get()
    assert image.collection.slug == "places"
    assert (image.name, image.source_name) == ("towers/magdalen.1", "towers/magdalen.1.jpg")
    assert (image.format, image.width, image.height) == ("JPEG", 64, 48)
    assert image.byte_size == len(content)
    assert image.sha256 == hashlib.sha256(content).hexdigest()
    assert image.source_modified.timestamp() == 1_600_000_000
    assert image.file.name == f"images/places/{image.sha256[:2]}/{image.sha256}.jpg"
    assert image.file.read() == content
    assert (image.external, image.fc6, image.fc6_error) == (False, None, "")


def test_width_and_height_are_those_of_the_upright_picture(folder, committed):
    """Catches boxes that would be drawn in another frame than the page shows."""
    exif = picture().getexif()
    exif[274] = 6
    write(folder / "phone.jpg", exif=exif)
    committed(folder)
    assert (Image.objects.get().width, Image.objects.get().height) == (48, 64)


@pytest.mark.parametrize(
    ("format", "extension"),
    [
        ("JPEG", ".jpg"),
        ("PNG", ".png"),
        ("WEBP", ".webp"),
        ("GIF", ".gif"),
        ("BMP", ".bmp"),
        ("TIFF", ".tif"),
    ],
)
def test_the_format_is_the_content_s_and_not_the_extension_s(folder, committed, format, extension):
    """Catches a PNG called .jpg that is served as a JPEG, and any format left out."""
    write(folder / "misnamed.xyz", 1, format)
    committed(folder)
    image = Image.objects.get()
    assert image.format == format
    assert image.file.name.endswith(extension)


# --- Links and copies -----------------------------------------------------------------------


def test_the_picture_is_hard_linked(folder, committed):
    """Catches 2 GB being copied on one disk."""
    write(folder / "a.jpg")
    committed(folder)
    stored = Path(Image.objects.get().file.path)
    assert stored.stat().st_ino == (folder / "a.jpg").stat().st_ino


def test_a_symbolic_link_is_followed_to_the_real_file(folder, tmp_path, committed):
    """Catches a stored symbolic link, which would hang on its target's name."""
    content = write(tmp_path / "elsewhere.jpg")
    (folder / "a.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    committed(folder)
    (tmp_path / "elsewhere.jpg").unlink()
    stored = Path(Image.objects.get().file.path)
    assert not stored.is_symlink()
    assert stored.read_bytes() == content


@pytest.mark.parametrize("error", [errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK])
def test_where_no_link_is_possible_the_picture_is_copied(
    folder, committed, monkeypatch, media, error
):
    """Catches an import that fails across devices, and leftovers of copying."""

    def refuse(*_args, **_options):
        raise OSError(error, "no")

    monkeypatch.setattr(os, "link", refuse)
    content = write(folder / "a.jpg")
    report = committed(folder)
    assert counts(report) == (1, 0, 0, 0, 0)
    stored = Path(Image.objects.get().file.path)
    assert stored.read_bytes() == content
    assert stored.stat().st_ino != (folder / "a.jpg").stat().st_ino
    assert stored_files(media) == {Image.objects.get().file.name}


def test_the_source_is_left_as_it_was(folder, committed):
    """Catches an import that moves, renames, touches or rewrites originals."""
    write(folder / "a.jpg", 1)
    write(folder / "deep" / "b.png", 2, "PNG")
    (folder / "broken.jpg").write_bytes(b"broken")

    def state():
        return {
            str(path): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
            for path in folder.rglob("*")
            if path.is_file()
        }

    before = state()
    committed(folder)
    committed(folder)
    assert state() == before


@pytest.mark.parametrize("leftover", [slice(100), slice(None, None, -1)])
def test_a_half_written_orphan_is_replaced(folder, committed, media, leftover):
    """Catches trust in a file that a killed run left half-written at the right address."""
    content = write(folder / "a.jpg")
    digest = hashlib.sha256(content).hexdigest()
    orphan = media / "images" / "places" / digest[:2] / f"{digest}.jpg"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(content[leftover])
    committed(folder)
    assert Image.objects.get().file.read() == content
    assert len(stored_files(media)) == 1


def test_a_whole_orphan_is_used_again(folder, committed, media):
    """Catches a second copy under another name beside the one a killed run left."""
    content = write(folder / "a.jpg")
    digest = hashlib.sha256(content).hexdigest()
    orphan = media / "images" / "places" / digest[:2] / f"{digest}.jpg"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(content)
    inode = orphan.stat().st_ino
    committed(folder)
    assert orphan.stat().st_ino == inode
    assert stored_files(media) == {Image.objects.get().file.name}


def test_replacing_an_orphan_never_writes_into_it(folder, committed, media, tmp_path, monkeypatch):
    """Catches writing through a hard link into somebody's own, since edited, picture."""
    content = write(folder / "a.jpg")
    digest = hashlib.sha256(content).hexdigest()
    mine = tmp_path / "mine.jpg"
    mine.write_bytes(b"edited in place")
    stored = media / "images" / "places" / digest[:2] / f"{digest}.jpg"
    stored.parent.mkdir(parents=True)
    os.link(mine, stored)
    monkeypatch.setattr(os, "link", lambda *_args, **_options: (_ for _ in ()).throw(OSError()))
    committed(folder)
    assert mine.read_bytes() == b"edited in place"
    assert stored.read_bytes() == content


# --- What does not come in ------------------------------------------------------------------


def test_bad_files_are_skipped_and_named_with_their_reasons(folder, committed, settings):
    """Catches one bad file ending an import, and a reason that helps nobody."""
    settings.SIS_MAX_PIXELS = 10_000
    good = write(folder / "good.jpg")
    (folder / "cut.jpg").write_bytes(good[:-200])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture")
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
    """Catches waiting for ever for somebody to write into it."""
    os.mkfifo(folder / "pipe.jpg")
    report = committed(folder)
    assert report.skipped == [("pipe.jpg", "It is not a regular file.")]


def test_files_beyond_the_limit_are_refused_before_they_are_read(folder, committed, monkeypatch):
    """Catches a disk image being read into memory."""
    write(folder / "a.jpg")
    with (folder / "disk.img").open("wb") as file:
        file.truncate(sources.MAX_FILE_BYTES + 1)
    real_read = sources.DirectorySource.read
    read = []

    def watched(source, name):
        read.append(name)
        return real_read(source, name)

    monkeypatch.setattr(sources.DirectorySource, "read", watched)
    report = committed(folder)
    assert report.skipped == [("disk.img", "The file is larger than 1024 MiB.")]
    assert read == ["a.jpg"]


def test_hidden_files_and_litter_are_not_even_mentioned(folder, committed):
    """Catches reports full of what file managers leave behind."""
    write(folder / "a.jpg")
    for name in (".DS_Store", "._a.jpg", "Thumbs.db", "desktop.ini", ".git/objects/x.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    report = committed(folder)
    assert (report.total, counts(report)) == (1, (1, 0, 0, 0, 0))


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


# --- Links to folders -----------------------------------------------------------------------


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


# --- Names and duplicates -------------------------------------------------------------------


def test_files_that_differ_only_in_extension_both_come_in(folder, committed):
    """Catches a unique name that costs the second picture."""
    write(folder / "a.jpg", 1)
    write(folder / "a.png", 2, "PNG")
    assert counts(committed(folder)) == (2, 0, 0, 0, 0)
    assert names() == ["a", "a.png"]
    assert Image.objects.get(name="a").source_name == "a.jpg"
    assert counts(committed(folder)) == (0, 0, 2, 0, 0)
    # One that comes later, and sorts first, takes no name away.
    write(folder / "a.bmp", 3, "BMP")
    committed(folder)
    assert names() == ["a", "a.bmp", "a.png"]


def test_names_are_composed_unicode(folder, committed):
    """Catches ground truth written on Linux that does not find a picture named on a Mac."""
    decomposed = unicodedata.normalize("NFD", "café")
    write(folder / f"{decomposed}.jpg", 1)
    committed(folder)
    image = Image.objects.get()
    assert image.name == "café"
    assert image.source_name == f"{decomposed}.jpg"
    # The same letters in other code points are another file.
    write(folder / "café.jpg", 2)
    write(folder / f"{decomposed}.png", 3, "PNG")
    write(folder / "café.png", 4, "PNG")
    committed(folder)
    assert names() == ["café", "café.jpg", "café.png", "café.png (2)"]
    assert counts(committed(folder)) == (0, 0, 4, 0, 0)


def test_the_same_content_twice_is_stored_once_and_reported(folder, committed, media):
    """Catches near-duplicates that crowd every result, and a report without the twin's name."""
    content = write(folder / "b.jpg")
    (folder / "a.jpg").write_bytes(content)
    (folder / "sub").mkdir()
    (folder / "sub" / "c.jpg").write_bytes(content)
    report = committed(folder)
    assert counts(report) == (1, 0, 0, 2, 0)
    assert report.duplicates == [("b.jpg", "a"), ("sub/c.jpg", "a")]
    assert len(stored_files(media)) == 1
    again = committed(folder)
    assert (counts(again), again.duplicates) == ((0, 0, 1, 2, 0), report.duplicates)


def test_the_same_content_may_be_in_two_collections(folder, committed):
    """Catches uniqueness across collections, and a file that one deletion takes from both."""
    write(folder / "a.jpg")
    committed(folder)
    report = import_directory(directory=folder, collection="other")
    assert counts(report) == (1, 0, 0, 0, 0)
    assert len(set(Image.objects.values_list("file", flat=True))) == 2


# --- Second runs ----------------------------------------------------------------------------


def test_a_second_run_brings_in_only_what_is_new(folder, committed, monkeypatch):
    """Catches decoding thousands of known pictures again, and changes to their rows."""
    write(folder / "a.jpg", 1)
    committed(folder)
    before = Image.objects.values().get()
    write(folder / "b.jpg", 2)
    (folder / "c.jpg").write_bytes((folder / "a.jpg").read_bytes())
    decoded = []

    def counted(file):
        decoded.append(file)
        return decode(file)

    monkeypatch.setattr("catalog.importing.decode", counted)
    assert counts(committed(folder)) == (1, 0, 1, 1, 0)
    assert len(decoded) == 1
    assert Image.objects.filter(name="a").values().get() == before


@pytest.mark.parametrize("in_place", [True, False])
def test_a_changed_file_replaces_the_picture_and_clears_its_vector(
    folder, committed, media, in_place
):
    """Catches old vectors of new pictures, a changed primary key, and old files left behind.

    `in_place` is the trap of hard links: the stored copy has changed with the original.
    """
    write(folder / "a.jpg", 1)
    committed(folder)
    Image.objects.update(
        fc6=unit_vectors(1)[0],
        fc6_model_id=MODEL_ID,
        fc6_extracted_at=timezone.now(),
        fc6_error="old",
    )
    old = Image.objects.get()
    if not in_place:
        (folder / "a.jpg").unlink()
    content = write(folder / "a.jpg", 2, "PNG")
    assert counts(committed(folder)) == (0, 1, 0, 0, 0)
    new = Image.objects.get()
    assert (new.pk, new.name, new.source_name) == (old.pk, "a", "a.jpg")
    assert (new.format, new.byte_size) == ("PNG", len(content))
    assert new.sha256 == hashlib.sha256(content).hexdigest()
    assert new.file.name.endswith(f"{new.sha256}.png")
    assert new.file.read() == content
    assert (new.fc6, new.fc6_model_id, new.fc6_extracted_at, new.fc6_error) == (None, "", None, "")
    assert stored_files(media) == {new.file.name}


def test_a_replaced_picture_takes_its_thumbnails_along(folder, committed, media):
    """Catches small pictures of what is no longer there."""
    write(folder / "a.jpg", 1)
    committed(folder)
    get_thumbnailer(Image.objects.get().file).get_thumbnail({"size": (96, 96)})
    assert len(stored_files(media)) == 2
    write(folder / "a.jpg", 2)
    committed(folder)
    assert stored_files(media) == {Image.objects.get().file.name}


def test_a_file_another_row_has_survives_a_replacement(folder, committed):
    """Catches a shared file deleted with one of its rows.

    A renamed collection and a new one under the old short name share addresses.
    """
    content = write(folder / "a.jpg", 1)
    committed(folder)
    Collection.objects.update(slug="old-places")
    committed(folder)
    first, second = Image.objects.order_by("pk")
    assert first.file.name == second.file.name
    (folder / "a.jpg").unlink()
    write(folder / "a.jpg", 2)
    committed(folder)
    assert Image.objects.get(pk=first.pk).file.read() == content


def test_changed_content_that_another_row_has_is_reported(folder, committed):
    """Catches a broken unique constraint ending the import, and a row emptied on the way."""
    write(folder / "a.jpg", 1)
    content = write(folder / "b.jpg", 2)
    committed(folder)
    before = Image.objects.filter(name="a").values().get()
    (folder / "a.jpg").unlink()
    (folder / "a.jpg").write_bytes(content)
    report = committed(folder)
    assert report.duplicates == [("a.jpg", "b")]
    assert counts(report) == (0, 0, 1, 1, 0)
    assert Image.objects.filter(name="a").values().get() == before


def test_an_edited_original_and_its_backup_both_come_in(folder, committed, media):
    """Catches the backup of an edited file called a duplicate, or left without its file.

    Its content is that of the row which the same run gives a new picture.
    """
    content = write(folder / "a.jpg", 1)
    committed(folder)
    write(folder / "a.jpg", 2)
    (folder / "b-backup.jpg").write_bytes(content)
    assert counts(committed(folder)) == (1, 1, 0, 0, 0)
    assert Image.objects.get(name="b-backup").file.read() == content
    assert Image.objects.get(name="a").file.read() == (folder / "a.jpg").read_bytes()
    assert len(stored_files(media)) == 2


@pytest.mark.parametrize("damage", ["lost", "cut", "edited through another link"])
def test_a_second_run_mends_stored_files(folder, committed, tmp_path, damage):
    """Catches an image that shows nothing for ever because its row looks complete."""
    content = write(folder / "a.jpg", 1)
    committed(folder)
    image = Image.objects.get()
    stored = Path(image.file.path)
    stored.unlink()
    if damage == "cut":
        stored.write_bytes(content[:50])
    elif damage == "edited through another link":
        write(tmp_path / "other.jpg", 2)
        os.link(tmp_path / "other.jpg", stored)
    assert counts(committed(folder)) == (0, 0, 1, 0, 0)
    assert stored.read_bytes() == content


def test_a_new_date_alone_changes_nothing_but_the_date(folder, committed):
    """Catches vectors thrown away because somebody copied the folder."""
    write(folder / "a.jpg")
    committed(folder)
    vector = unit_vectors(1)[0]
    Image.objects.update(fc6=vector, fc6_model_id=MODEL_ID)
    os.utime(folder / "a.jpg", (1_500_000_000, 1_500_000_000))
    assert counts(committed(folder)) == (0, 0, 1, 0, 0)
    image = Image.objects.get()
    assert image.source_modified.timestamp() == 1_500_000_000
    assert np.array_equal(image.fc6, vector)
    assert default_storage.exists(image.file.name)


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    folder, committed, monkeypatch, media
):
    """Catches a row whose hash and size are not those of the file that was linked."""
    write(folder / "a.jpg", 1)
    real_link = os.link

    def slow_link(source, target, **options):
        write(folder / "a.jpg", 2)
        real_link(source, target, **options)

    monkeypatch.setattr(os, "link", slow_link)
    report = committed(folder)
    assert report.skipped == [("a.jpg", "It changed while it was read; run the import again.")]
    assert (names(), stored_files(media)) == ([], set())
    monkeypatch.undo()
    assert counts(committed(folder)) == (1, 0, 0, 0, 0)


def test_a_file_that_grows_under_the_reader_is_left_for_the_next_run(
    folder, committed, monkeypatch
):
    """Catches the first half of an upload in progress taken for the picture, where it is copied."""

    class Growing(io.FileIO):
        def read(self, size=-1):
            data = super().read(size)
            with (folder / "a.jpg").open("ab") as file:
                file.write(b"more")
            return data

    def refuse(*_args, **_options):
        raise OSError(errno.EXDEV, "no")

    write(folder / "a.jpg")
    real_open = Path.open
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(
        Path, "open", lambda path, mode: Growing(path) if mode == "rb" else real_open(path, mode)
    )
    report = committed(folder)
    assert report.skipped == [("a.jpg", "It changed while it was read; run the import again.")]


# --- Batches, other imports, interruptions --------------------------------------------------


@pytest.mark.parametrize("seed", [0, 100])
def test_another_import_of_the_same_folder_meanwhile(folder, committed, monkeypatch, seed):
    """Catches a crash or doubled rows where two imports meet, new rows and replaced ones alike."""
    monkeypatch.setattr("catalog.importing.BATCH_SIZE", 8)
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
    monkeypatch.setattr("catalog.importing.BATCH_SIZE", 4)
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
    monkeypatch.setattr("catalog.importing.BATCH_SECONDS", 0)
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
    assert names() == ["00"]
    assert report.duplicates == [(f"{number:02}.jpg", "00") for number in range(1, 8)]


def test_rows_lost_to_another_import_again_and_again_are_reported(folder, committed, monkeypatch):
    """Catches an endless loop against an importer that always wins."""
    write(folder / "a.jpg")

    def always_lose(*_args):
        raise ledger.RowGone

    monkeypatch.setattr(ledger.Ledger, "write", always_lose)
    report = committed(folder)
    assert [source for source, _reason in report.skipped] == ["a.jpg"]
    assert report.added == 0


# --- Refusals -------------------------------------------------------------------------------


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
    assert counts(committed(folder)) == (0, 0, 0, 0, 1)
    assert not Collection.objects.exists()
