"""The search form: what a good upload leads to, and what a bad one is told."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as PillowImage

from catalog.descriptors import DescriptorError
from catalog.pixels import decode
from search.engines import reset_engines
from search.models import Query
from tests.helpers import add_image, encoded, picture
from tests.pages import describe_all, files_below, fill, hit_ids, text, upload, use_stand_in

HOME = "/"
PHOTO = encoded(picture(7, size=(300, 200)))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><script>1</script></svg>'
GPS_TAG, SECRET = 0x8825, b"taken by Nguyen"

# name -> content, status, and a part of what is said
BAD_UPLOADS = {
    "text": (b"no picture at all", 400, "not a picture in a supported format"),
    "truncated": (PHOTO[: len(PHOTO) // 2], 400, "damaged or incomplete"),
    "empty": (b"", 400, "empty"),
    "svg": (SVG, 400, "not a picture in a supported format"),
    "html named .jpg": (b"<html><h1>hi</h1></html>", 400, "not a picture in a supported format"),
    "one pixel": (encoded(picture(1, size=(1, 1)), "PNG"), 400, "too small: 1 × 1"),
    "all black": (encoded(PillowImage.new("RGB", (80, 60))), 400, "single colour"),
    "over the pixel limit": (encoded(picture(1, size=(400, 300))), 400, "at most 0.1 million"),
    "over the size limit": (PHOTO + bytes(70_000), 413, "The file is too large: at most"),
}


@pytest.fixture
def searchable(collection, monkeypatch):
    """A collection of three images, found by their own pixels."""
    use_stand_in(monkeypatch)
    images = fill(collection, 3)
    describe_all()
    return images


@pytest.fixture
def limits(settings):
    settings.SIS_MAX_UPLOAD_BYTES = 60_000
    settings.SIS_MAX_UPLOAD_PIXELS = 100_000


@pytest.mark.parametrize("kind", BAD_UPLOADS)
def test_a_bad_upload_is_explained_and_nothing_is_stored(client, searchable, media, limits, kind):
    # Catches a stack trace, a silent acceptance, a wrong status, and rows or files left behind.
    content, status, message = BAD_UPLOADS[kind]
    before = files_below(media)
    response = client.post(HOME, upload(content))
    assert response.status_code == status
    assert message in text(response)
    assert response.templates[0].name == "search/home.html"
    assert 'aria-invalid="true"' in response.content.decode()
    assert not Query.objects.exists()
    assert files_below(media) == before


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text", "không phải là ảnh"),
        ("over the size limit", "Tệp quá lớn"),
        ("all black", "một màu"),
        ("one pixel", "quá nhỏ"),
    ],
)
def test_a_bad_upload_is_explained_in_vietnamese(client, searchable, limits, kind, message):
    # Catches messages made at import time, or in one language only.
    content, status, _ = BAD_UPLOADS[kind]
    response = client.post(HOME, upload(content), headers={"accept-language": "vi"})
    assert response.status_code == status
    assert message in text(response)


def test_a_form_without_a_file_asks_for_one(client, searchable):
    # Catches a required file that is only required by the browser.
    response = client.post(HOME, {})
    assert response.status_code == 400
    assert "Choose a picture first." in text(response)


def test_an_unknown_collection_is_refused(client, searchable):
    # Catches a search in all collections where one was asked for that does not exist.
    response = client.post(HOME, upload(PHOTO) | {"collection": "nowhere"})
    assert response.status_code == 400
    assert not Query.objects.exists()


def test_a_good_upload_leads_to_a_permanent_address(client, searchable, collection):
    # Catches results without redirect (reloading would send the picture again).
    response = client.post(HOME, upload(PHOTO) | {"collection": collection.slug})
    query = Query.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("search:results", args=[query.pk])
    assert query.collection == collection
    for _ in range(2):
        assert client.get(response.url).status_code == 200


def test_a_picture_of_the_collection_finds_itself_first(client, searchable):
    # Catches a vector made from the re-encoded working copy instead of the upload.
    wanted = searchable[1]
    with wanted.file.open("rb") as file:
        response = client.post(HOME, upload(file.read()), follow=True)
    assert hit_ids(response)[0] == wanted.pk
    assert response.context["results"].hits[0].score <= 1e-3


def test_the_real_network_finds_the_picture_itself_first(client, collection, real_descriptor):
    # Catches a page that prepares pixels otherwise than extraction does.
    reset_engines()
    for seed in range(3):
        content = encoded(picture(seed, size=(64, 48)))
        vector = real_descriptor.describe([decode(BytesIO(content)).pixels])[0]
        add_image(collection, f"photo-{seed}", vector=vector, seed=seed)
    response = client.post(HOME, upload(encoded(picture(1, size=(64, 48)))), follow=True)
    hits = response.context["results"].hits
    assert hits[0].image.name == "photo-1"
    assert 0 <= hits[0].score <= 1e-3 < hits[1].score


def test_the_working_copy_carries_no_metadata(client, searchable):
    # Catches positions and names of uploaded photos being kept and served.
    exif = PillowImage.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(GPS_TAG).update({1: "N", 2: (21.0, 1.0, 40.0), 3: "E", 4: (105.0, 51.0, 8.0)})
    content = encoded(picture(7, size=(300, 200)), exif=exif, comment=SECRET)
    assert SECRET in content
    client.post(HOME, upload(content))
    response = client.get(reverse("search:picture", args=[Query.objects.get().pk]))
    stored = b"".join(response.streaming_content)
    copy = PillowImage.open(BytesIO(stored))
    assert SECRET not in stored
    assert not dict(copy.getexif())
    assert "comment" not in copy.info
    assert copy.size == (300, 200)


def test_a_huge_name_and_a_path_in_it_do_no_harm(client, searchable, media):
    # Catches file names from outside reaching the storage.
    file = SimpleUploadedFile("../../" + "x" * 300 + ".jpg", PHOTO)
    response = client.post(HOME, {"picture": file})
    assert response.status_code == 302
    assert Query.objects.get().picture.name == f"queries/{Query.objects.get().pk}.jpg"


def test_missing_weights_are_a_message_not_a_crash(client, searchable, monkeypatch, media):
    # Catches a 500 where the network cannot be loaded.
    stand_in = use_stand_in(monkeypatch)

    def fail(number: int) -> None:
        raise DescriptorError("Download the weights to /somewhere.")

    stand_in.on_describe = fail
    before = files_below(media)
    response = client.post(HOME, upload(PHOTO))
    assert response.status_code == 503
    assert "Download the weights to /somewhere." in text(response)
    assert files_below(media) == before


def test_the_page_says_what_to_do_before_there_are_pictures(client, db, monkeypatch):
    # Catches an empty page that leaves a new user alone.
    use_stand_in(monkeypatch)
    shown = text(client.get(HOME))
    assert "There are no pictures yet." in shown
    assert "manage.py import_images" in shown
    assert "manage.py quickstart" in shown


def test_the_page_says_what_to_do_before_there_are_features(client, collection, monkeypatch):
    # Catches a search that finds nothing without saying why.
    use_stand_in(monkeypatch)
    add_image(collection, "bare")
    assert "manage.py extract_features" in text(client.get(HOME))
    response = client.post(HOME, upload(PHOTO))
    assert response.status_code == 400
    assert "There are no pictures with features to search yet." in text(response)
    assert not Query.objects.exists()


def test_a_collection_in_the_address_is_chosen_in_the_form(client, searchable, collection):
    # Catches losing the collection on the way from its page to the search form.
    assert 'value="places" selected' in client.get("/?collection=places").content.decode()
