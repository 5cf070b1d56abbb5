"""Searching by program: the same rankings as the pages'."""

import numpy as np
import pytest
from django.urls import reverse

from catalog.models import Image
from search.models import Query
from tests.helpers import encoded, picture
from tests.pages import describe_all, fill, hit_ids, stored_query, upload

from .conftest import post, problem

SEARCH = "/api/search/"


@pytest.fixture
def images(collection) -> list[Image]:
    return fill(collection, 40)


def ids(response) -> list[int]:
    assert response.status_code == 200, response.content
    return [hit["image"]["id"] for hit in response.json()["hits"]]


def test_an_image_with_marks_is_ranked_as_its_page_ranks_it(client, images):
    # Catches a second road to a ranking, which would drift from the first.
    own, liked, unliked = (image.pk for image in images[:3])
    body = {"examples": [{"image": own}], "like": [liked], "unlike": [unliked]}
    body["collection"] = images[0].collection.slug
    response = post(client, SEARCH, body)
    answer = response.json()
    page = client.get(answer["address"])
    assert ids(response) == hit_ids(page)
    assert (answer["count"], answer["page"], answer["pages"]) == (40, 1, 2)
    assert (answer["recipe"], answer["measure"], answer["lacking"]) == ("fc6", "distance", 0)
    marks = {hit["image"]["id"]: hit["mark"] for hit in answer["hits"]}
    assert marks[liked] == "like"
    hit = answer["hits"][0]
    shown = page.context["results"].hits[0]
    assert hit["score"] == pytest.approx(shown.score)
    assert client.get(hit["image"]["address"]).status_code == 200
    assert client.get(hit["image"]["thumbnail"]).status_code == 200


def test_several_pictures_are_sent_at_once(client, images):
    files = [upload(encoded(picture(seed, size=(90, 80))), f"{seed}.jpg") for seed in (1, 2)]
    sent = {"pictures": [file["picture"] for file in files], "k": "7", "geometry": "false"}
    response = client.post("/api/search/upload/", sent)
    answer = response.json()
    assert len(ids(response)) == 7
    assert answer["queries"] == [str(q.pk) for q in Query.objects.order_by("created_at")]
    assert hit_ids(client.get(answer["address"]))[:7] == ids(response)
    body = {"examples": [{"query": query} for query in answer["queries"]], "k": 7}
    assert ids(post(client, SEARCH, body)) == ids(response)


def test_pages_of_any_size_are_one_ranking(client, images):
    body = {"examples": [{"image": images[0].pk}], "k": 15}
    pages = [ids(post(client, SEARCH, body | {"page": page})) for page in (1, 2, 3)]
    assert [pk for page in pages for pk in page] == ids(post(client, SEARCH, body | {"k": 40}))
    assert ids(post(client, SEARCH, body | {"page": 99})) == pages[2]


def test_a_part_becomes_a_query(client, images):
    describe_all()
    made = post(
        client,
        "/api/search/parts/",
        {"of": {"image": images[3].pk}, "box": [8, 8, 56, 40]},
    )
    assert made.status_code == 201
    part = made.json()
    assert (part["box"], part["image"]) == ([8, 8, 56, 40], images[3].pk)
    again = {"of": {"query": part["id"]}, "box": [10, 10, 40, 40]}
    assert post(client, "/api/search/parts/", again).json()["image"] == images[3].pk
    assert client.get(part["picture"]).status_code == 200
    assert client.get(f"/api/search/queries/{part['id']}/").json() == part
    assert client.delete(f"/api/search/queries/{part['id']}/").status_code == 204
    problem(client.get(f"/api/search/queries/{part['id']}/"), 404)


def test_a_vector_is_searched_with_at_any_length(client, images):
    stored = np.frombuffer(Image.objects.only("fc6").get(pk=images[5].pk).fc6, "<f4")
    body = {"vector": (stored * 1e30).tolist(), "k": 3}
    response = post(client, "/api/search/vector/", body)
    assert ids(response)[0] == images[5].pk
    assert response.json()["hits"][0]["score"] < 1e-3
    assert response.json()["address"] is None


@pytest.mark.parametrize(
    ("address", "body", "words"),
    [
        (SEARCH, {"examples": [{"image": 10**9}]}, "no picture"),
        (SEARCH, {"examples": [{"image": 1}], "collection": "nowhere"}, "no collection"),
        (SEARCH, {"examples": [{"image": 1}], "recipe": "magic"}, "magic"),
        ("/api/search/vector/", {"vector": [1, 2]}, "have 4096 numbers, not 2"),
        ("/api/search/vector/", {"vector": [0] * 4096}, "not zero"),
    ],
)
def test_what_nothing_can_be_done_with_is_explained(client, images, address, body, words):
    found = problem(post(client, address, body), 409)
    assert words in found["detail"]
    assert found["errors"][0]["message"] == found["detail"]


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "body.examples", "This is required."),
        ({"examples": []}, "body.examples", "There are too few: at least 1."),
        ({"examples": [{"image": "x"}]}, "body.examples.0.image", "A whole number is needed."),
        ({"examples": [{"image": True}]}, "body.examples.0.image", "A number is needed."),
        ({"examples": [{"query": "x"}]}, "body.examples.0.query", "A query's identifier"),
        ({"examples": [{"image": 1}], "k": 0}, "body.k", "The number is too small: at least 1."),
        ({"examples": [{"image": 1}], "fields": 1}, "body.fields", "There is no such field."),
    ],
)
def test_what_does_not_fit_the_description_is_told_by_field(client, images, body, field, message):
    # Catches a library's English names of its own types.
    (error,) = problem(post(client, SEARCH, body), 422)["errors"]
    assert error["field"] == field
    assert error["message"].startswith(message)


def test_a_bad_picture_is_refused_and_nothing_is_kept(client, images):
    found = problem(client.post("/api/search/queries/", upload(b"no picture")), 409)
    assert "not a picture" in found["detail"]
    assert not Query.objects.exists()


def test_uploads_of_programs_count_like_those_of_people(client, images, settings):
    # Catches a way around the limit.
    settings.SIS_UPLOADS_PER_MINUTE = 1
    stored_query()
    assert client.post("/", upload(encoded(picture(1, size=(90, 80))))).status_code == 302
    found = client.post("/api/search/queries/", upload(encoded(picture(2, size=(90, 80)))))
    wait = found.headers["Retry-After"]
    assert problem(found, 429)["detail"] == f"Ask again in {wait} seconds."


def test_an_image_without_features_is_explained(client, images):
    Image.objects.filter(pk=images[0].pk).update(fc6=None, fc6_model_id="")
    found = problem(post(client, SEARCH, {"examples": [{"image": images[0].pk}]}), 409)
    assert "features" in found["detail"]


def test_expansion_is_what_the_page_does(client, images):
    address = reverse("search:similar", args=[images[0].pk])
    body = {"examples": [{"image": images[0].pk}], "expand": 10}
    assert ids(post(client, SEARCH, body)) == hit_ids(client.get(address, {"expand": 10}))
