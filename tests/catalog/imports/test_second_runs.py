"""What a second run does: new, changed and unchanged files."""

import errno
import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from catalog.files.thumbnails import SIZES, rendition_of
from catalog.models import Collection, Image
from catalog.pixels import decode
from tests.helpers import MODEL_ID, unit_vectors

from .files import counts, names, stored_files, write

pytestmark = pytest.mark.django_db


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

    monkeypatch.setattr("catalog.imports.importer.decode", counted)
    assert counts(committed(folder)) == (2, 0, 1, 1, 0)
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
    for size in SIZES:
        rendition_of(Image.objects.get(), size)
    assert len(stored_files(media)) == 1 + len(SIZES)
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


def test_changed_content_that_another_row_has_replaces_the_picture(folder, committed, media):
    """Catches a file that keeps its old picture for ever because another has the new one."""
    write(folder / "a.jpg", 1)
    content = write(folder / "b.jpg", 2)
    committed(folder)
    (folder / "a.jpg").unlink()
    (folder / "a.jpg").write_bytes(content)
    report = committed(folder)
    assert report.duplicates == [("b.jpg", "a")]
    assert counts(report) == (0, 1, 1, 1, 0)
    assert Image.objects.get(name="a").file.read() == content
    assert len(stored_files(media)) == 1


def test_an_edited_original_and_its_backup_both_come_in(folder, committed, media):
    """Catches the backup of an edited file called a duplicate, or left without its file.

    The row follows its content; what is edited is a new picture.
    """
    content = write(folder / "a.jpg", 1)
    committed(folder)
    write(folder / "a.jpg", 2)
    (folder / "b-backup.jpg").write_bytes(content)
    report = committed(folder)
    assert (counts(report), report.renamed) == ((1, 0, 0, 0, 0), [("a.jpg", "b-backup.jpg")])
    assert Image.objects.get(name="b-backup").file.read() == content
    assert Image.objects.get(name="a").file.read() == (folder / "a.jpg").read_bytes()
    assert len(stored_files(media)) == 2


@pytest.mark.parametrize("damage", ["lost", "cut", "edited through another link"])
def test_a_second_run_mends_stored_files(folder, committed, tmp_path, damage):
    """Catches an image that shows nothing forever because its row looks complete."""
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


def test_an_old_file_that_cannot_be_deleted_stops_nothing(folder, committed, monkeypatch, caplog):
    """Catches an import that ends with a traceback because the storage refuses a deletion."""
    write(folder / "a.jpg", 1)
    committed(folder)

    def refuse(name):
        raise PermissionError(name)

    monkeypatch.setattr(default_storage, "delete", refuse)
    write(folder / "a.jpg", 2)
    assert counts(committed(folder)) == (0, 1, 0, 0, 0)
    assert "on_commit" in caplog.text
