"""What only S3 has: keys that are not paths, buckets that are not there, uploads over a network."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from catalog.imports.importer import import_directory, import_storage
from catalog.imports.sources import ImportRefused
from catalog.models import Collection, Image
from tests.catalog.imports.files import counts, names
from tests.helpers import encoded, picture

from .objects import BUCKET, keys

pytestmark = pytest.mark.django_db


def test_keys_longer_than_their_column_are_skipped(s3, imported):
    """Catches a crash of PostgreSQL, which unlike SQLite looks at the length."""
    prefix = "p" * 100
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{'x' * 150}.jpg", Body=encoded(picture(1)))
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}/b.jpg", Body=encoded(picture(2)))
    report = imported(prefix)
    assert names() == ["b"]
    assert "220 characters" in report.skipped[0][1]


def test_keys_that_are_no_paths_are_named_and_end(s3, imported):
    """Catches listing in circles: legal keys whose parts are empty or dots."""
    for number, key in enumerate(["archive//a.jpg", "archive/./b.jpg", "archive/../c.jpg"]):
        s3.put_object(Bucket=BUCKET, Key=key, Body=encoded(picture(number)))
    s3.put_object(Bucket=BUCKET, Key="archive/d.jpg", Body=encoded(picture(9)))
    s3.put_object(Bucket=BUCKET, Key="archive/", Body=b"")
    report = imported()
    assert names() == ["d"]
    assert len(report.skipped) >= 2
    assert all("cannot be used as a path" in reason for _key, reason in report.skipped)


def test_a_storage_that_does_not_answer_is_one_sentence(s3, settings):
    """Catches a traceback of the client library where a setting is wrong."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                **settings.STORAGES["default"]["OPTIONS"],
                "bucket_name": "no-such-bucket",
            },
        },
    }
    with pytest.raises(ImportRefused, match=r"NoSuchBucket.*SIS_STORAGE_OPTIONS"):
        import_storage(prefix="archive", collection="places")
    assert not Collection.objects.exists()


def test_a_folder_comes_into_s3(
    s3, tmp_path: Path, django_capture_on_commit_callbacks, monkeypatch
):
    """Catches an import that needs a local disk, and uploads that are repeated."""
    (tmp_path / "in").mkdir()
    contents = [encoded(picture(seed)) for seed in range(5)]
    for number, content in enumerate(contents):
        (tmp_path / "in" / f"{number}.jpg").write_bytes(content)

    def again():
        with django_capture_on_commit_callbacks(execute=True):
            return import_directory(directory=tmp_path / "in", collection="places")

    assert counts(again()) == (5, 0, 0, 0, 0)
    for image, content in zip(Image.objects.order_by("name"), contents, strict=True):
        assert (image.external, image.file.read()) == (False, content)
    assert sorted(keys(s3)) == sorted(Image.objects.values_list("file", flat=True))

    uploads = []
    monkeypatch.setattr(
        type(storages["default"]), "_save", lambda _storage, name, _file: uploads.append(name)
    )
    assert counts(again()) == (0, 0, 5, 0, 0)
    assert uploads == []
    monkeypatch.undo()

    (tmp_path / "in" / "0.jpg").write_bytes(encoded(picture(77)))
    assert counts(again()) == (0, 1, 4, 0, 0)
    assert sorted(keys(s3)) == sorted(Image.objects.values_list("file", flat=True))


def test_an_upload_of_a_killed_run_is_used_again(s3, tmp_path: Path, monkeypatch):
    """Catches the same bytes sent twice, and a cut-off object that is trusted."""
    (tmp_path / "in").mkdir()
    for number in range(2):
        (tmp_path / "in" / f"{number}.jpg").write_bytes(encoded(picture(number)))
    import_directory(directory=tmp_path / "in", collection="places")
    whole, cut = (image.file.name for image in Image.objects.order_by("name"))
    Image.objects.all().delete()
    s3.put_object(Bucket=BUCKET, Key=cut, Body=b"cut off")
    kind: Any = type(storages["default"])
    uploads, real_save = [], kind._save

    def watched(storage, name, content):
        uploads.append(name)
        return real_save(storage, name, content)

    monkeypatch.setattr(kind, "_save", watched)
    report = import_directory(directory=tmp_path / "in", collection="places")
    assert counts(report) == (2, 0, 0, 0, 0)
    assert uploads == [cut]
    assert s3.get_object(Bucket=BUCKET, Key=cut)["Body"].read() == encoded(picture(1))
    assert whole in keys(s3)
