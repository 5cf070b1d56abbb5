"""The original's address: what of a file goes out, to whom, and what the page says of it."""

import hashlib
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image as PillowImage

from catalog.models import Image
from tests.catalog.files.metadata.secretive import SECRET, exif, jpeg
from tests.helpers import encoded, picture
from tests.pages import text, use_stand_in


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


def stored(collection, content: bytes, format: str, suffix: str) -> Image:
    image = Image(
        collection=collection,
        name=f"holiday/beach-{suffix}",
        source_name=f"holiday/beach{suffix}",
        format=format,
        width=160,
        height=90,
        byte_size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    image.file.save("x", ContentFile(content), save=False)
    image.save()
    return image


@pytest.fixture
def photo(collection) -> Image:
    return stored(collection, jpeg(), "JPEG", ".jpg")


@pytest.fixture
def scan(collection) -> Image:
    content = encoded(picture(3, size=(160, 90)), "TIFF", exif=exif(), description=SECRET.decode())
    assert SECRET in content
    return stored(collection, content, "TIFF", ".tif")


def asked(client, image: Image, *, head: bool = False):
    address = reverse("catalog:original", args=[image.pk])
    return (client.head if head else client.get)(address)


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def test_an_original_goes_out_without_metadata(client, photo):
    # Catches the place of somebody's home on an open page.
    response = asked(client, photo)
    content = body(response)
    assert SECRET not in content
    assert PillowImage.open(BytesIO(content)).size == (160, 90)
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Content-Type"] == "image/jpeg"
    assert 'filename="beach.jpg"' in response.headers["Content-Disposition"]
    head = asked(client, photo, head=True)
    assert head.status_code == 200
    numbered = "X-Request-ID"  # each request's own
    assert {**head.headers, numbered: ""} == {**response.headers, numbered: ""}
    assert "without its metadata" in text(client.get(photo.get_absolute_url()))


def test_the_setting_serves_files_as_they_are(client, photo, scan, settings):
    # Catches a setting that only some formats know.
    settings.SIS_SERVE_METADATA = True
    for image in (photo, scan):
        with image.file.open("rb") as file:
            assert body(asked(client, image)) == file.read()
    assert "metadata" not in text(client.get(photo.get_absolute_url()))


def test_a_file_that_cannot_be_filtered_goes_out_as_a_rendition(client, scan):
    # Catches TIFF files that go out with everything, and a page that does not say what one gets.
    response = asked(client, scan)
    content = body(response)
    assert SECRET not in content
    assert PillowImage.open(BytesIO(content)).format == "JPEG"
    assert 'filename="beach.jpg"' in response.headers["Content-Disposition"]
    shown = text(client.get(scan.get_absolute_url()))
    assert "Metadata cannot be taken out of TIFF files" in shown


def test_who_may_see_images_in_the_administration_gets_the_file(
    client, scan, photo, django_user_model
):
    # Catches an archive that its own keepers cannot download.
    user = django_user_model.objects.create_user("keeper")
    client.force_login(user)
    assert SECRET not in body(asked(client, scan))
    user.user_permissions.add(Permission.objects.get(codename="view_image"))
    assert SECRET in body(asked(client, scan))
    assert "handed out to you with its metadata" in text(client.get(scan.get_absolute_url()))
    assert SECRET not in body(asked(client, photo))


def test_a_file_that_is_not_built_as_its_format_says_goes_out_as_a_rendition(client, collection):
    # Catches an error page, or everything, for a file that only the decoder understands.
    content = encoded(picture(3, size=(160, 90)), "PNG", pnginfo=None) + SECRET
    image = stored(collection, content, "JPEG", ".jpg")
    assert SECRET not in body(asked(client, image))


@pytest.mark.parametrize("image", ["photo", "scan"])
def test_a_file_that_is_gone_is_not_found(client, request, image):
    # Catches an error page where the storage has lost a file.
    found = request.getfixturevalue(image)
    found.file.storage.delete(found.file.name)
    assert asked(client, found).status_code == 404


@pytest.mark.parametrize(("shared", "word"), [(False, "private"), (True, "public")])
def test_pictures_are_kept_by_the_browser_alone(client, photo, settings, shared, word):
    # Catches a proxy that hands pictures to people who never passed its log-in.
    settings.SIS_SHARED_CACHES = shared
    thumbnail = reverse("catalog:thumbnail", args=[photo.pk, "small"])
    for address in (thumbnail, f"{thumbnail}?v={photo.sha256[:12]}"):
        assert client.get(address).headers["Cache-Control"].startswith(f"{word}, ")
    assert asked(client, photo).headers["Cache-Control"].startswith(f"{word}, ")
