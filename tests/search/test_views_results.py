"""The ranking pages: a stored query's, a part's, and an image's."""

import uuid

import pytest
from django.urls import reverse

from catalog.models import Collection, Image
from search.models import Query
from tests.helpers import add_image, unit_vectors
from tests.pages import fill, hit_ids, html, stored_query, text, use_stand_in


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


@pytest.fixture
def query(collection) -> Query:
    fill(collection, 65)
    return stored_query()


@pytest.fixture
def other(db) -> Collection:
    return Collection.objects.create(slug="other", title="Elsewhere")


def test_a_page_has_thirty_hits_with_rank_picture_name_and_distance(client, query):
    # Catches originals in the grid, missing facts, and ranks that do not start at 1.
    response = client.get(query.get_absolute_url())
    shown, markup = text(response), html(response)
    hits = response.context["results"].hits
    assert len(hit_ids(response)) == 30
    assert [hit.rank for hit in hits] == list(range(1, 31))
    assert [hit.score for hit in hits] == sorted(hit.score for hit in hits)
    for hit in hits:
        assert f"Rank {hit.rank}" in shown
        assert f"Distance {hit.score:.4f}" in shown
        assert hit.image.name in shown
        assert f"/images/{hit.image.pk}/thumbnail/card/?v={hit.image.sha256[:12]}" in markup
    assert "/original/" not in markup


def test_distances_are_written_as_the_language_does(client, query):
    # Catches a decimal point in Vietnamese, and a decimal comma inside SVG numbers.
    response = client.get(query.get_absolute_url(), headers={"accept-language": "vi"})
    distance = response.context["results"].hits[0].score
    assert f"{distance:.4f}".replace(".", ",") in text(response)


def test_paging_visits_every_image_once(client, query):
    # Catches an end at rank 30, and a page that repeats or skips a rank.
    address, seen, starts = query.get_absolute_url(), [], []
    for number in (1, 2, 3):
        response = client.get(address, {"page": number})
        seen += hit_ids(response)
        starts.append(f'start="{30 * (number - 1) + 1}"' in html(response))
    assert sorted(seen) == sorted(Image.objects.values_list("pk", flat=True))
    assert starts == [True, True, True]
    assert 'rel="next"' not in html(response)
    assert "End of results: 65 pictures" in text(response)
    assert f'rel="prev" href="{address}?page=2"' in html(response)


def test_a_page_number_past_the_end_shows_the_last_page(client, query):
    # Catches an error or an empty page for an old bookmark.
    response = client.get(query.get_absolute_url(), {"page": "99"})
    assert response.status_code == 200
    assert len(hit_ids(response)) == 5
    assert client.get(query.get_absolute_url(), {"page": "x"}).status_code == 200


def test_htmx_gets_the_next_hits_alone(client, query):
    # Catches a whole page swapped into the grid, and a cache that mixes the two answers.
    address = query.get_absolute_url()
    part = client.get(address, {"page": 2}, headers={"hx-request": "true"})
    whole = client.get(address, {"page": 2})
    assert "<html" not in html(part)
    assert "<html" in html(whole)
    assert hit_ids(part) == hit_ids(whole)
    assert len(hit_ids(part)) == 30
    assert f'hx-get="{address}?page=3"' in html(part)
    assert "Ranks 31 to 60 of 65" in text(part)
    assert "HX-Request" in part["Vary"]
    assert "HX-Request" in whole["Vary"]


def test_the_collection_switch_ranks_only_that_collection(client, query, other):
    # Catches a switch that is ignored, or that the next page forgets.
    added = fill(other, 40, prefix="elsewhere")
    address = query.get_absolute_url()
    first = client.get(address, {"collection": "other"})
    second = client.get(address, {"collection": "other", "page": 2})
    assert sorted(hit_ids(first) + hit_ids(second)) == [image.pk for image in added]
    assert f'href="{address}?collection=other&amp;page=2"' in html(first)
    assert client.get(address).context["results"].ranked == 105
    assert client.get(address, {"collection": "nowhere"}).status_code == 404


def test_a_query_stays_in_its_collection_until_all_are_asked_for(client, query, other):
    # Catches an empty choice that falls back to the query's own collection.
    fill(other, 2, prefix="elsewhere")
    narrow = stored_query(collection=other).get_absolute_url()
    assert client.get(narrow).context["results"].ranked == 2
    assert client.get(narrow, {"collection": ""}).context["results"].ranked == 67


def test_left_out_images_are_counted_with_the_reason(client, query, collection):
    # Catches vectors of another model taking part, and silence about those left out.
    assert "no part in the search" not in text(client.get(query.get_absolute_url()))
    add_image(collection, "bare-1")
    add_image(collection, "bare-2")
    add_image(collection, "failed", fc6_error="The picture is damaged.")
    add_image(collection, "old", vector=unit_vectors(1)[0], model_id="vgg16/imagenet/float32")
    response = client.get(query.get_absolute_url())
    shown = text(response)
    assert "4 pictures here cannot be searched" in shown
    assert "2 have no features yet." in shown
    assert "1 has features of another model." in shown
    assert "1 failed when its features were extracted." in shown
    assert response.context["results"].ranked == 65


def test_a_collection_without_features_says_what_to_do(client, query, other):
    # Catches an empty grid without a word.
    add_image(other, "bare")
    shown = text(client.get(query.get_absolute_url(), {"collection": "other"}))
    assert "No results" in shown
    assert "manage.py extract_features" in shown


def test_the_facts_of_a_query_are_shown(client, query, settings):
    # Catches a page that does not say until when its address works.
    settings.SIS_QUERY_DAYS = 30
    query.created_at = query.created_at.replace(year=2026, month=3, day=4)
    query.save()
    shown = text(client.get(query.get_absolute_url()))
    assert "April 3, 2026" in shown
    assert "Searched in All collections" in shown
    assert "Pictures ranked 65" in shown
    assert "vgg16/untrained/float32" in shown


@pytest.mark.parametrize("name", ["results", "picture"])
def test_an_unknown_query_is_not_found(client, db, name):
    # Catches a crash for purged queries.
    assert client.get(reverse(f"search:{name}", args=[uuid.uuid4()])).status_code == 404


def test_a_part_becomes_a_query_of_its_own(client, query):
    # Catches a crop that overwrites its query, and a box drawn elsewhere than searched.
    sides = {"x1": "10.5", "y1": "20", "x2": "120", "y2": "80"}
    response = client.post(reverse("search:crop", args=[query.pk]), sides)
    part = Query.objects.exclude(pk=query.pk).get()
    assert response.status_code == 302
    assert response.url == part.get_absolute_url()
    assert part.box == (10.5, 20, 120, 80)
    page = client.get(response.url, headers={"accept-language": "vi"})
    assert "M10.5,20H120V80H10.5Z" in html(page)
    assert "Z M" not in html(client.get(query.get_absolute_url()))


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ({"x1": "90", "y1": "10", "x2": "20", "y2": "60"}, "The part has no area"),
        ({"x1": "0", "y1": "0", "x2": "5", "y2": "5"}, "too small"),
        ({"x1": "900", "y1": "900", "x2": "950", "y2": "950"}, "leaves nothing"),
        ({"x1": "nan", "y1": "0", "x2": "50", "y2": "50"}, "Enter a number."),
        ({"x1": "0", "y1": "0", "x2": "50"}, "This field is required."),
    ],
)
def test_a_bad_part_is_explained_beside_the_results(client, query, sides, message):
    # Catches a stack trace, and losing the results because of a slip.
    response = client.post(reverse("search:crop", args=[query.pk]), sides)
    assert response.status_code == 400
    assert message in text(response)
    assert len(hit_ids(response)) == 30
    assert f'href="{query.get_absolute_url()}?page=2"' in html(response)
    assert f'name="next" value="{query.get_absolute_url()}"' in html(response)
    assert Query.objects.count() == 1


def test_an_image_finds_itself_first_and_the_rest_of_its_collection(client, collection, other):
    # Catches "more like this" that searches with another image, or everywhere.
    images = fill(collection, 40)
    fill(other, 3, prefix="elsewhere")
    address = reverse("search:similar", args=[images[7].pk])
    response = client.get(address)
    first = response.context["results"].hits[0]
    assert first.image == images[7]
    assert first.score <= 1e-3
    rest = client.get(address, {"page": 2})
    assert sorted(hit_ids(response) + hit_ids(rest)) == [image.pk for image in images]
    assert f'href="{address}?page=2"' in html(response)


def test_an_image_without_features_cannot_be_searched_with(client, collection):
    # Catches a crash on None, and a search with another model's vector.
    bare = add_image(collection, "bare")
    old = add_image(collection, "old", vector=unit_vectors(1)[0], model_id="other")
    for image in (bare, old):
        response = client.get(reverse("search:similar", args=[image.pk]))
        assert response.status_code == 409
        assert "manage.py extract_features" in text(response)
        assert f'href="/images/{image.pk}/"' in html(response)
    assert client.get(reverse("search:similar", args=[9999])).status_code == 404


def test_a_query_of_another_model_is_described_again(client, query):
    # Catches a stored vector of other weights meeting today's vectors.
    query.vectors.update(model_id="vgg16/imagenet/float32")
    assert client.get(query.get_absolute_url()).status_code == 200
    assert query.vectors.get().model_id == "vgg16/untrained/float32"


def test_the_picture_of_a_query_is_kept_by_the_browser_only(client, query):
    # Catches private uploads in shared caches.
    response = client.get(reverse("search:picture", args=[query.pk]))
    assert response["Content-Type"] == "image/jpeg"
    assert "private" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")
    query.picture.storage.delete(query.picture.name)
    assert client.get(reverse("search:picture", args=[query.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "method"),
    [("results", "post"), ("crop", "get"), ("picture", "post"), ("home", "put")],
)
def test_other_methods_are_refused(client, query, name, method):
    # Catches a page that changes something on GET, or answers what it does not mean.
    args = [] if name == "home" else [query.pk]
    response = getattr(client, method)(reverse(f"search:{name}", args=args))
    assert response.status_code == 405


@pytest.mark.django_db
def test_a_query_whose_picture_is_gone_says_so(client, query, media):
    # Its vector still searches; only what needs the pixels cannot be done, in words.
    for path in (media / "queries").iterdir():
        path.unlink()
    assert client.get(query.get_absolute_url()).status_code == 200
    sides = {"x1": 0, "y1": 0, "x2": 50, "y2": 50}
    answer = client.post(reverse("search:crop", args=[query.pk]), sides)
    assert answer.status_code == 400
    assert "The picture of this query is gone." in html(answer)
    query.vectors.update(model_id="another")
    answer = client.get(query.get_absolute_url())
    assert answer.status_code == 503
    assert "The picture of this query is gone." in html(answer)
