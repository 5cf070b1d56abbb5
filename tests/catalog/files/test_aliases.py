"""Originals, thumbnails and stored queries' pictures each in a storage of their own."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.core.files.storage import default_storage, storages

from catalog.checks import check_storages
from catalog.files.aliases import query_storage, thumbnail_storage
from search.models import Query
from tests.pages import describe_all, fill, stored_query, use_stand_in


@pytest.fixture
def apart(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        name: {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / f"of {name}")},
        }
        for name in ("thumbnails", "queries")
    }


def test_all_lie_together_unless_settings_say_otherwise(collection, monkeypatch):
    use_stand_in(monkeypatch)
    fill(collection, 1)
    assert default_storage.exists(stored_query().picture.name)


def test_each_lies_where_settings_say(client, collection, monkeypatch, apart):
    # Catches a thumbnail in the bucket of the originals, and a query's picture nobody finds.
    use_stand_in(monkeypatch)
    (image,) = fill(collection, 1)
    describe_all()
    assert client.get(f"/images/{image.pk}/thumbnail/grid/").status_code == 200
    query = stored_query()
    assert default_storage.listdir("")[0] == ["images"]
    assert thumbnail_storage.listdir("")[0] == ["thumbnails"]
    assert query_storage().listdir("")[0] == ["queries"]
    assert storages["queries"].exists(query.picture.name)
    assert client.get(f"/search/{query.pk}/picture/").status_code == 200
    query.picture.delete(save=False)
    assert not storages["queries"].exists(query.picture.name or "x")


def test_the_migration_names_no_server_of_ours():
    field = Query._meta.get_field("picture")
    assert field.deconstruct()[3]["storage"] is query_storage


@pytest.mark.parametrize(
    ("storage", "told"),
    [
        ({"BACKEND": "catalog.files.bucket.BoundedS3Storage"}, "no 'bucket_name'"),
        (
            {"BACKEND": "catalog.files.bucket.BoundedS3Storage", "OPTIONS": {"bukket": "x"}},
            "bukket",
        ),
        ({"BACKEND": "storages.backends.gcloud.GoogleCloudStorage"}, "google"),
        ({"BACKEND": "storages.backends.azure_storage.AzureStorage"}, "azure"),
        ({"BACKEND": "no.such.Storage"}, "no.such.Storage"),
    ],
)
def test_a_mistake_in_a_storage_is_told_before_anything_is_stored(settings, storage, told):
    # Catches an archive that finds out at its first upload.
    assert check_storages() == []
    settings.STORAGES = {**settings.STORAGES, "queries": storage}
    (message,) = check_storages()
    assert "'queries'" in message.msg
    assert told in f"{message.msg} {message.hint}"


@pytest.mark.slow
def test_settings_come_from_the_environment(tmp_path):
    # Catches a mistake that ends every command with a trace, `check` among them.
    bad = json.dumps({"BACKEND": "storages.backends.azure_storage.AzureStorage", "OPTIONS": {}})
    environment = os.environ | {"SIS_VAR_DIR": str(tmp_path), "SIS_QUERIES_STORAGE": bad}
    environment["DJANGO_SETTINGS_MODULE"] = "sis_project.settings"
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=project.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "catalog.E009" in done.stderr
    assert "Traceback" not in done.stderr
