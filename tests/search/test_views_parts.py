"""Parts of images of the catalogue, and pictures of queries in the sizes of pages."""

from io import BytesIO

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image as PillowImage

from catalog.models import Image
from search.models import Query
from tests.catalog.stand_in import vector_of
from tests.helpers import add_image, picture
from tests.pages import describe_all, hit_ids, html, stored_query, text, use_stand_in


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


@pytest.fixture
def image(collection) -> Image:
    image = add_image(collection, "large")
    image.file.save("large.png", ContentFile(png(picture(3, size=(3200, 1600)))), save=False)
    image.width, image.height, image.format = 3200, 1600, "PNG"
    image.save()
    add_image(collection, "other")
    describe_all()
    return Image.objects.get(pk=image.pk)


def png(pixels) -> bytes:
    buffer = BytesIO()
    pixels.save(buffer, "PNG")
    return buffer.getvalue()


def part(client, image, *sides):
    fields = dict(zip(("x1", "y1", "x2", "y2"), sides, strict=True))
    return client.post(reverse("search:image_part", args=[image.pk]), fields)


def test_a_part_of_an_image_is_searched_with_and_leads_back(client, image, collection):
    # Catches a part of the small copy where the image has more pixels, and a box drawn elsewhere.
    response = part(client, image, 320, 160, 1920, 960)
    query = Query.objects.get()
    assert response.url == query.get_absolute_url()
    assert (query.width, query.height) == (1600, 800)
    assert query.box == (160, 80, 960, 480)
    assert (query.image, query.collection) == (image, collection)
    pixels = PillowImage.open(image.file).convert("RGB").crop((320, 160, 1920, 960))
    stored = np.frombuffer(query.vectors.get().data, "<f4")
    assert stored == pytest.approx(vector_of(pixels), abs=1e-6)
    page = client.get(response.url)
    assert "Search results for a part of a picture" in text(page)
    assert f'href="{reverse("search:similar", args=[image.pk])}?recipe=fc6"' in html(page)
    assert f'href="{image.get_absolute_url()}"' in html(page)
    assert len(hit_ids(page)) == 2


def test_a_part_of_a_part_still_leads_to_the_image(client, image):
    part(client, image, 0, 0, 1600, 1600)
    first = Query.objects.get()
    sides = {"x1": "10", "y1": "10", "x2": "90", "y2": "90"}
    client.post(reverse("search:crop", args=[first.pk]), sides)
    second = Query.objects.exclude(pk=first.pk).get()
    assert second.image == image
    image.delete()
    second.refresh_from_db()
    assert client.get(second.get_absolute_url()).status_code == 200


def test_a_part_of_a_query_leads_to_the_whole(client, image):
    query = stored_query()
    sides = {"x1": "0", "y1": "0", "x2": "90", "y2": "90"}
    response = client.post(reverse("search:crop", args=[query.pk]), sides)
    assert f'href="{query.get_absolute_url()}?recipe=fc6"' in html(client.get(response.url))
    assert Query.objects.get(x1__isnull=False).whole == query
    assert query.whole is None


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ((50, 50, 50, 90), "The part has no area"),
        ((9000, 9000, 9100, 9100), "leaves nothing"),
        ((0, 0, 5, 5), "too small"),
        (("x", 0, 5, 5), "Enter a number"),
    ],
)
def test_a_bad_part_is_explained_on_the_page_of_the_image(client, image, sides, message):
    response = part(client, image, *sides)
    assert response.url == image.get_absolute_url()
    assert message in text(client.get(response.url))
    assert not Query.objects.exists()


def test_an_image_without_features_offers_no_part(client, collection):
    # Catches a form that can only fail.
    bare = add_image(collection, "bare")
    assert "data-crop" not in html(client.get(bare.get_absolute_url()))


def test_pictures_are_served_in_the_size_they_are_shown_at(client, image):
    # Catches 1600 pixels for a thumbnail of 96.
    part(client, image, 0, 0, 1600, 1600)
    query = Query.objects.get()
    for size, longest in (("small", 96), ("medium", 640)):
        response = client.get(reverse("search:sized_picture", args=[query.pk, size]))
        assert response.headers["Content-Type"] == "image/webp"
        assert "private" in response.headers["Cache-Control"]
        assert max(PillowImage.open(BytesIO(response.content)).size) == longest
    assert query.shown_size == (640, 320)
    address = reverse("search:sized_picture", args=[query.pk, "huge"])
    assert client.get(address).status_code == 404
    query.picture.storage.delete(query.picture.name)
    address = reverse("search:sized_picture", args=[query.pk, "small"])
    assert client.get(address).status_code == 404
