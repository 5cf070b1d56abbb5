"""A real S3 server on this machine, and imports with everything done that waits for the commit."""

import boto3
import pytest
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from catalog.imports.importer import import_storage

from .objects import BUCKET, keys

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def s3_address():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_address, settings):
    """An empty bucket as the default storage, by settings alone; gives a client of the server."""
    client = boto3.client("s3", endpoint_url=s3_address, **KEYS)
    client.create_bucket(Bucket=BUCKET)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": BUCKET,
                "endpoint_url": s3_address,
                "access_key": KEYS["aws_access_key_id"],
                "secret_key": KEYS["aws_secret_access_key"],
                "region_name": KEYS["region_name"],
            },
        },
    }
    yield client
    for key in keys(client):
        client.delete_object(Bucket=BUCKET, Key=key)
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.slow)])
def any_storage(request):
    """Each test with this runs on a local folder and on S3."""
    if request.param == "s3":
        request.getfixturevalue("s3")


@pytest.fixture
def imported(django_capture_on_commit_callbacks):
    """Import from the storage with everything done that waits for the commit."""

    def run(prefix: str = "archive", **options):
        with django_capture_on_commit_callbacks(execute=True):
            return import_storage(prefix=prefix, collection="places", **options)

    return run


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """The names read from the storage so far."""
    names = []
    kind = type(storages["default"])
    real_open = kind.open

    def watched(storage, name, mode="rb"):
        names.append(name)
        return real_open(storage, name, mode)

    monkeypatch.setattr(kind, "open", watched)
    return names
