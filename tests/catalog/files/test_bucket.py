"""A bucket that hangs or is gone: pages answer soon, threads are not held, pictures not blamed."""

import socket
import time

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalog.files.bucket import BoundedS3Storage
from catalog.files.patience import COMMAND, FORM, PAGE, patience_of
from search.models import Query
from sis_project.environment import bounded_storage
from tests.helpers import add_image, encoded, picture, unit_vectors
from tests.pages import text, upload, use_stand_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def bucket_at(port: int, **options) -> dict:
    return {
        "BACKEND": bounded_storage("storages.backends.s3.S3Storage"),
        "OPTIONS": {
            "bucket_name": "pictures",
            "endpoint_url": f"http://127.0.0.1:{port}",
            "access_key": "a",
            "secret_key": "b",
            "region_name": "us-east-1",
            **options,
        },
    }


@pytest.fixture
def image(collection):
    """A picture with features, which came in while its storage was well."""
    return add_image(collection, "one", vector=unit_vectors(1)[0])


@pytest.fixture
def silent(image, settings):
    """The storage is a bucket that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        port = server.getsockname()[1]
        settings.STORAGES = {**settings.STORAGES, "default": bucket_at(port)}
        yield storages["default"]


def seconds(action) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def test_a_page_says_so_soon_and_the_next_one_at_once(client, image, silent):
    # Catches a thread that is held for five minutes, and eight of them one after the other.
    address = reverse("catalog:original", args=[image.pk])
    answers = []
    assert seconds(lambda: answers.append(client.get(address))) < 2.5
    assert seconds(lambda: answers.append(client.get(address))) < 0.5
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert "The storage of the pictures cannot be used at the moment." in text(answer)
    assert client.get("/images/").status_code == 200


def test_a_bucket_that_answers_again_is_asked_again(client, image, silent):
    # Catches a storage that is left alone for good.
    client.get(reverse("catalog:original", args=[image.pk]))
    assert silent.silent_until > time.monotonic()
    silent.silent_until = time.monotonic()
    with patience_of(PAGE):
        assert silent.connection is not None


def test_an_upload_is_refused_in_words_and_leaves_nothing(client, silent, monkeypatch):
    # Catches a status of 500, and a row whose picture never came to the bucket.
    use_stand_in(monkeypatch)
    photo = encoded(picture(5, size=(200, 100)))
    answers = []
    assert seconds(lambda: answers.append(client.post("/", upload(photo)))) < 12
    assert answers[0].status_code == 503
    assert not Query.objects.exists()


def test_a_bucket_that_is_gone_is_said_once_and_no_picture_is_blamed(
    collection, image, settings, monkeypatch, tmp_path
):
    # Catches five thousand rows that are marked as failed because a server was switched off.
    use_stand_in(monkeypatch)
    collection.images.update(fc6=None, fc6_model_id="")
    add_image(collection, "two")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    once = {"retries": {"total_max_attempts": 1}}
    gone = bucket_at(port, client_config=once)
    settings.STORAGES = {**settings.STORAGES, "default": gone}
    with pytest.raises(CommandError, match=r"of the pictures cannot be read: .*SIS_STORAGE"):
        call_command("extract_features", verbosity=0)
    assert set(collection.images.values_list("fc6_error", flat=True)) == {""}

    (tmp_path / "in").mkdir()
    for number in range(5):
        (tmp_path / "in" / f"{number}.jpg").write_bytes(encoded(picture(number)))
    with pytest.raises(CommandError, match=r"of the pictures takes no file: .*SIS_STORAGE"):
        call_command("import_images", str(tmp_path / "in"), collection="places", verbosity=0)


@pytest.mark.parametrize("patience", [PAGE, FORM, COMMAND])
def test_clients_wait_as_long_as_they_should(patience):
    # Catches bounds that the library's defaults overrule, and options that are lost.
    storage = BoundedS3Storage(
        bucket_name="x",
        region_name="eu-west-1",
        access_key="a",
        secret_key="b",
        addressing_style="path",
        client_config={"read_timeout": 7},
    )
    with patience_of(patience):
        config = storage.connection.meta.client.meta.config
        assert storage.connection is storage.connection
    assert (config.connect_timeout, config.read_timeout) == (patience.connect, 7)
    assert config.retries["total_max_attempts"] == patience.attempts
    assert config.s3["addressing_style"] == "path"
