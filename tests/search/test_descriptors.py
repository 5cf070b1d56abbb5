"""Searching by another descriptor than fc6: pages, commands, and what a query keeps."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalog.descriptors import get_descriptor
from catalog.extraction import extract_features
from catalog.models import Collection, Image
from search.models import Query
from tests.helpers import add_image, encoded, picture
from tests.pages import hit_ids, html, stored_query, text, upload, use_stand_in

COLOURS = "colour-layout"


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


@pytest.fixture
def images(collection) -> list[Image]:
    """Six pictures of different colours with features of both kinds, and one without."""
    found = [add_image(collection, f"i{seed}", seed=seed) for seed in range(7)]
    for name in ("fc6", COLOURS):
        ids = [image.pk for image in found[:6]]
        extract_features(ids=ids, descriptor=get_descriptor(name))
    return found


@pytest.fixture
def query(images) -> Query:
    return stored_query(seed=3)


def choices(response, label: str = "recipe") -> bool:
    return f'name="{label}"' in html(response)


def test_there_is_no_choice_where_there_is_one_descriptor(client, collection):
    # Catches a question that nobody can answer, on every page.
    image = add_image(collection, "alone", seed=1)
    extract_features(ids=[image.pk], descriptor=get_descriptor())
    assert not choices(client.get("/"))
    assert not choices(client.get(stored_query().get_absolute_url()))
    assert not choices(client.get(reverse("search:similar", args=[image.pk])))


def test_an_upload_is_compared_by_what_was_chosen(client, images):
    assert choices(client.get("/"))
    fields = upload(encoded(picture(3), "PNG")) | {"recipe": COLOURS}
    response = client.post("/", fields, follow=True)
    assert hit_ids(response)[0] == images[3].pk
    query = Query.objects.get()
    assert query.recipe == COLOURS
    assert [vector.descriptor for vector in query.vectors.all()] == [COLOURS]
    assert "colour-layout/4x4" in text(response)


def test_an_unknown_choice_is_refused_in_words(client, images):
    fields = upload(encoded(picture(3))) | {"recipe": "sift"}
    assert client.post("/", fields).status_code == 400
    assert not Query.objects.exists()


def test_a_query_can_be_ranked_again_by_another_descriptor(client, query):
    # Catches vectors of one descriptor compared with those of another.
    first = client.get(query.get_absolute_url())
    second = client.get(query.get_absolute_url(), {"descriptor": COLOURS})
    assert first.context["results"].recipe.name == "fc6"
    assert 'title="The same colours in the same places' in html(first)
    assert second.context["results"].recipe.name == COLOURS
    assert {v.descriptor for v in query.vectors.all()} == {"fc6", COLOURS}
    # Described once: the second time it is there.
    query.picture.storage.delete(query.picture.name)
    assert client.get(query.get_absolute_url(), {"descriptor": COLOURS}).status_code == 200


def test_the_banner_is_that_of_the_ranking(client, query, settings, stand_in):
    # Catches "says nothing about what pictures show" above a ranking that needs no weights.
    stand_in.trained = False
    assert "Trial mode" in text(client.get(query.get_absolute_url()))
    by_colours = client.get(query.get_absolute_url(), {"descriptor": COLOURS})
    assert "Trial mode" not in text(by_colours)


def test_links_and_the_part_keep_the_descriptor(client, query, images):
    page = html(client.get(query.get_absolute_url(), {"descriptor": COLOURS}))
    assert f'href="/images/{images[0].pk}/similar/?recipe={COLOURS}"' in page
    crop = reverse("search:crop", args=[query.pk])
    assert f'action="{crop}?recipe={COLOURS}"' in page
    sides = {"x1": 0, "y1": 0, "x2": 60, "y2": 60}
    answer = client.post(f"{crop}?descriptor={COLOURS}", sides)
    assert Query.objects.get(pk=answer["Location"].split("/")[2]).recipe == COLOURS


def test_an_image_is_compared_by_its_own_vector(client, images):
    address = reverse("search:similar", args=[images[2].pk])
    response = client.get(address, {"descriptor": COLOURS})
    assert hit_ids(response)[0] == images[2].pk
    assert response.context["results"].hits[0].score == 0
    without = client.get(reverse("search:similar", args=[images[6].pk]), {"descriptor": COLOURS})
    assert without.status_code == 409


def test_what_is_left_out_is_counted_for_the_descriptor_in_use(client, query, images):
    # Catches counts of fc6 beside a ranking by colours, and a command that would not help.
    extract_features(ids=[images[6].pk], descriptor=get_descriptor())
    assert client.get(query.get_absolute_url()).context["results"].counts is None
    response = client.get(query.get_absolute_url(), {"descriptor": COLOURS})
    assert response.context["results"].counts.missing == 1
    assert f"extract_features --descriptor {COLOURS}" in text(response)


def test_a_descriptor_that_is_not_declared_is_not_found(client, query, images):
    assert client.get(query.get_absolute_url(), {"descriptor": "sift"}).status_code == 404
    address = reverse("search:similar", args=[images[0].pk])
    assert client.get(address, {"descriptor": "../etc"}).status_code == 404


def test_the_image_page_shows_each_kind_of_features(client, images):
    page = text(client.get(images[0].get_absolute_url()))
    assert "Features: fc6 ready" in page
    assert "Features: Colour layout ready colour-layout/4x4/lab/1" in page
    assert "More like this" in page


def test_an_image_with_other_features_only_is_searched_by_those(client, collection):
    image = add_image(collection, "colours only", seed=1)
    extract_features(ids=[image.pk], descriptor=get_descriptor(COLOURS))
    page = html(client.get(image.get_absolute_url()))
    assert f'href="/images/{image.pk}/similar/?recipe={COLOURS}"' in page


def test_the_command_searches_by_the_descriptor(images, tmp_path, capsys):
    path = tmp_path / "query.png"
    path.write_bytes(encoded(picture(5), "PNG"))
    call_command("search_images", str(path), "--descriptor", COLOURS, "--format=json", "--top=2")
    answer = json.loads(capsys.readouterr().out)
    assert answer["model_id"] == "colour-layout/4x4/lab/1"
    assert answer["hits"][0]["name"] == "i5"
    with pytest.raises(CommandError, match=r"no way to rank “sift”. Ways to rank: fc6, lite0"):
        call_command("search_images", str(path), "--descriptor", "sift")


def test_a_replaced_picture_has_no_features_of_any_kind(images, tmp_path):
    # Catches the colours of a picture that is gone.
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded(picture(50), "PNG"))
    call_command("import_images", str(folder), collection="replaced", verbosity=0)
    image = Image.objects.get(collection__slug="replaced")
    for name in ("fc6", COLOURS):
        extract_features(ids=[image.pk], descriptor=get_descriptor(name))
    (folder / "a.png").write_bytes(encoded(picture(51), "PNG"))
    call_command("import_images", str(folder), collection="replaced", verbosity=0)
    of_it = Collection.objects.get(slug="replaced").images
    for name in ("fc6", COLOURS):
        counts = of_it.feature_counts(name, get_descriptor(name).model_id)
        assert (counts.current, counts.missing) == (0, 1)
