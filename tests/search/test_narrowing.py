"""Rankings of those images only that a user wants to see."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Image
from tests.pages import fill, hit_ids, html, text, use_stand_in


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    use_stand_in(monkeypatch)


@pytest.fixture
def images(collection) -> list[Image]:
    images = fill(collection, 70)
    tall = [image.pk for image in images[::3]]
    Image.objects.filter(pk__in=tall).update(width=48, height=64)
    Image.objects.filter(pk=images[3].pk).update(width=900, height=900)
    yesterday = timezone.now() - timedelta(days=1)
    Image.objects.filter(pk__in=[image.pk for image in images[:50]]).update(imported_at=yesterday)
    return images


@pytest.fixture
def address(images) -> str:
    return reverse("search:similar", args=[images[1].pk])


def everything(client, address) -> list[int]:
    return hit_ids(client.get(address, {"upto": 3}))


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"name": "E-01"}, lambda image: "-01" in image.name),
        ({"shape": "portrait"}, lambda image: image.width < image.height),
        ({"shape": "landscape"}, lambda image: image.width > image.height),
        ({"shape": "square"}, lambda image: image.width == image.height),
        ({"least": "500"}, lambda image: max(image.width, image.height) >= 500),
        ({"name": "image-0", "shape": "portrait"}, lambda i: i.width < i.height and "-0" in i.name),
    ],
)
def test_the_rest_keeps_its_order(client, images, address, fields, condition):
    # Catches filters that are applied to one page of the ranking instead of all of it.
    kept = {image.pk for image in Image.objects.all() if condition(image)}
    expected = [pk for pk in everything(client, address) if pk in kept]
    response = client.get(address, fields | {"upto": "3"})
    assert hit_ids(response) == expected
    assert response.context["results"].ranked == len(expected)
    assert [hit.rank for hit in response.context["results"].hits] == list(
        range(1, len(expected) + 1)
    )


def test_by_the_day_they_came_in(client, images, address):
    today = timezone.localdate().isoformat()
    found = set(hit_ids(client.get(address, {"since": today})))
    assert found == {image.pk for image in images[50:]}


def test_its_pages_are_those_of_what_is_left(client, images, address):
    first = client.get(address, {"shape": "landscape"})
    second = client.get(address, {"shape": "landscape", "page": 2})
    whole = hit_ids(client.get(address, {"shape": "landscape", "upto": 2}))
    assert hit_ids(first) + hit_ids(second) == whole
    assert f'href="{address}?shape=landscape&amp;page=2"' in html(first)


def test_movement_is_among_what_is_shown(client, images, address):
    # Catches ranks among all pictures beside ranks among some of them.
    before = hit_ids(client.get(address, {"shape": "portrait"}))
    response = client.get(address, {"shape": "portrait", "marks": f"l{before[-1]}"})
    for hit in response.context["results"].hits:
        assert hit.earlier == before.index(hit.image.pk) + 1


def test_nothing_left_is_said(client, images, address):
    response = client.get(address, {"name": "nowhere"})
    assert "No picture matches these conditions." in text(response)
    assert 'value="nowhere"' in html(response)


def test_wrong_conditions_are_explained_beside_them(client, images, address):
    # Catches a condition that silently does not count.
    response = client.get(address, {"least": "many", "since": "soon"})
    assert "Enter a whole number." in text(response)
    assert "Enter a valid date." in text(response)
    assert len(hit_ids(response)) == 30


def test_programs_narrow_in_the_same_way(client, images, address):
    body = {"examples": [{"image": images[1].pk}], "shape": "portrait", "k": 100}
    answer = client.post("/api/search/", body, content_type="application/json").json()
    found = [hit["image"]["id"] for hit in answer["hits"]]
    assert found == hit_ids(client.get(answer["address"]))
    wrong = client.post("/api/search/", body | {"shape": "round"}, content_type="application/json")
    assert wrong.status_code == 422
    assert "'landscape'" in wrong.json()["errors"][0]["message"]
