"""Pictures that the storage holds already: a local one, and a real S3 server."""

import hashlib
import os
from datetime import UTC, datetime

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

from catalog.models import Collection, Image
from tests.catalog.imports.files import counts, names
from tests.helpers import MODEL_ID, encoded, picture, unit_vectors

from .objects import put

pytestmark = pytest.mark.django_db


def test_objects_come_in_where_they_are(any_storage, imported):
    """Catches a copy of what the storage has already, and names with the prefix in them."""
    content = put("archive/towers/a.png", 1, "PNG")
    put("elsewhere/b.jpg", 2)
    assert counts(imported("/archive/")) == (1, 0, 0, 0, 0)
    image = Image.objects.get()
    assert (image.name, image.source_name) == ("towers/a", "towers/a.png")
    assert (image.file.name, image.external) == ("archive/towers/a.png", True)
    assert (image.format, image.width, image.height) == ("PNG", 64, 48)
    assert image.byte_size == len(content)
    assert image.sha256 == hashlib.sha256(content).hexdigest()
    assert image.source_modified == default_storage.get_modified_time("archive/towers/a.png")
    assert image.file.read() == content
    folders, files = default_storage.listdir("")
    assert (sorted(folders), files) == (["archive", "elsewhere"], [])


def test_unchanged_objects_are_not_downloaded_again(any_storage, imported, opened):
    """Catches a nightly run that costs the whole bucket's traffic."""
    put("archive/a.jpg", 1)
    imported()
    put("archive/b.jpg", 2)
    opened.clear()
    assert counts(imported()) == (1, 0, 1, 0, 0)
    assert opened == ["archive/b.jpg"]


def test_checksum_reads_what_looks_unchanged(media, imported):
    """Catches a changed object that has the old size and date."""
    put("archive/a.bmp", 1, "BMP")
    imported()
    status = (media / "archive/a.bmp").stat()
    put("archive/a.bmp", 2, "BMP")
    os.utime(media / "archive/a.bmp", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (media / "archive/a.bmp").stat().st_size == status.st_size
    assert counts(imported()) == (0, 0, 1, 0, 0)
    assert counts(imported(checksum=True)) == (0, 1, 0, 0, 0)


def test_a_changed_object_replaces_the_picture_and_stays(any_storage, imported):
    """Catches the new object deleted as "the old file", and an old vector kept."""
    put("archive/a.jpg", 1)
    imported()
    Image.objects.update(fc6=unit_vectors(1)[0], fc6_model_id=MODEL_ID)
    old = Image.objects.get()
    content = put("archive/a.jpg", 2, "PNG")
    assert counts(imported()) == (0, 1, 0, 0, 0)
    new = Image.objects.get()
    assert (new.pk, new.file.name, new.format) == (old.pk, "archive/a.jpg", "PNG")
    assert (new.sha256, new.fc6) == (hashlib.sha256(content).hexdigest(), None)
    assert new.file.read() == content


def test_a_new_date_alone_is_noted_so_that_the_next_run_trusts_it(media, imported, opened):
    """Catches vectors thrown away for a date, and the same download every night."""
    put("archive/a.jpg", 1)
    imported()
    vector = unit_vectors(1)[0]
    Image.objects.update(fc6=vector, fc6_model_id=MODEL_ID)
    os.utime(media / "archive/a.jpg", (1_500_000_000, 1_500_000_000))
    assert counts(imported()) == (0, 0, 1, 0, 0)
    image = Image.objects.get()
    assert image.source_modified == datetime.fromtimestamp(1_500_000_000, UTC)
    assert np.array_equal(image.fc6, vector)
    opened.clear()
    imported()
    assert opened == []


def test_a_moved_prefix_gives_the_rows_their_new_keys(any_storage, imported):
    """Catches rows that point to where the objects were."""
    content = put("archive/a.jpg", 1)
    imported()
    default_storage.delete("archive/a.jpg")
    put("attic/a.jpg", 1)
    assert counts(imported("attic")) == (0, 0, 1, 0, 0)
    assert Image.objects.get().file.name == "attic/a.jpg"
    assert Image.objects.get().file.read() == content


def test_a_prefix_moved_with_its_dates_is_read_again(media, imported, opened):
    """Catches trust in size and date of an object that is not the row's own."""
    put("archive/a.jpg", 1)
    imported()
    opened.clear()
    (media / "archive").rename(media / "attic")
    assert counts(imported("attic")) == (0, 0, 1, 0, 0)
    assert opened == ["attic/a.jpg"]
    assert Image.objects.get().file.name == "attic/a.jpg"


def test_a_storage_nobody_has_written_to_is_empty(media, imported):
    """Catches a new installation told that its storage is wrong."""
    assert not media.exists()
    assert imported("").total == 0


def test_deleting_the_image_keeps_the_object(
    any_storage, imported, django_capture_on_commit_callbacks
):
    """Catches somebody's archive deleted with a row."""
    put("archive/a.jpg", 1)
    imported()
    with django_capture_on_commit_callbacks(execute=True):
        Collection.objects.get().delete()
    assert not Image.objects.exists()
    assert default_storage.exists("archive/a.jpg")


def test_an_empty_prefix_leaves_out_what_the_system_made(any_storage, imported):
    """Catches thumbnails, queries and other collections imported as pictures."""
    put("a.jpg", 1)
    put("deep/er/b.jpg", 2)
    put("deep/images/c.jpg", 3)
    put("images/other/d.jpg", 4)
    put("queries/e.jpg", 5)
    put("thumbnails/f.jpg", 6)
    assert counts(imported("")) == (3, 0, 0, 0, 0)
    assert names() == ["a", "deep/er/b", "deep/images/c"]


def test_bad_objects_are_skipped_with_their_reasons(any_storage, imported):
    """Catches one bad object ending the import."""
    put("archive/a.jpg", 1)
    default_storage.save("archive/cut.jpg", ContentFile(encoded(picture(2))[:-300]))
    default_storage.save("archive/empty.jpg", ContentFile(b""))
    default_storage.save("archive/notes.txt", ContentFile(b"notes"))
    default_storage.save("archive/.hidden.jpg", ContentFile(b"x"))
    default_storage.save("archive/twin.jpg", ContentFile(encoded(picture(1))))
    report = imported()
    reasons = dict(report.skipped)
    assert counts(report) == (2, 0, 0, 1, 2)
    assert report.passed == {".txt": 1}
    assert "damaged" in reasons["cut.jpg"]
    assert "empty" in reasons["empty.jpg"]


def test_a_storage_without_dates_is_hashed_every_time(imported, monkeypatch, opened):
    """Catches back ends that know no date: NotImplementedError, or blind trust in the size."""

    def unknown(_storage, _name):
        raise NotImplementedError

    monkeypatch.setattr(FileSystemStorage, "get_modified_time", unknown)
    put("archive/a.bmp", 1, "BMP")
    imported()
    put("archive/a.bmp", 2, "BMP")
    assert counts(imported()) == (0, 1, 0, 0, 0)
    assert opened == ["archive/a.bmp", "archive/a.bmp"]


def test_a_storage_that_is_a_disk_may_have_loops_and_pipes(media, imported):
    """Catches circles (two links make 2 to the 40th names) and waiting for a pipe."""
    put("archive/one/a.jpg", 1)
    (media / "archive" / "one" / "up").symlink_to(media / "archive")
    (media / "archive" / "two").symlink_to(media / "archive")
    (media / "archive" / "gone.jpg").symlink_to(media / "nowhere")
    os.mkfifo(media / "archive" / "pipe.jpg")
    report = imported()
    assert counts(report) == (1, 0, 0, 0, 2)
    assert dict(report.skipped).keys() == {"gone.jpg", "pipe.jpg"}
