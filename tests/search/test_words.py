"""Ranking by words of local features: pages, recipes, geometry, the command, evaluation."""

import json

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from catalog.deriving import derive_features
from catalog.descriptors.local.registry import get_local
from catalog.models import ImageVector
from catalog.visibility import Scope
from catalog.vocabularies import learn_vocabulary
from search.models import Query
from search.queries import NotDescribed, described_image
from search.ranking import rank, stacked_queries
from search.recipes import default_recipe, get_recipe, recipe_names, searchable_recipes
from search.recipes.registry import check_recipe
from search.services import count_searchable, find_similar, nothing_to_rank
from tests.helpers import encoded
from tests.pages import text
from tests.scenes import scene
from tests.search.proven import COLOURS, VIEWS, fill_with_views

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("faiss")]
WORDS = "rootsift+asmk512"
FUSED = {"both": {"PARTS": {COLOURS: 1, WORDS: 9}}}


@pytest.fixture
def images(collection):
    images = fill_with_views(collection)
    learn_vocabulary(local=get_local(), collection=collection, words=512)
    ids = [image.pk for image in images.values()]
    derive_features(ids=ids, descriptor=get_recipe(WORDS).descriptor)
    return images


def ask(image, recipe=WORDS, **options):
    chosen = get_recipe(recipe)
    described = described_image(image=image, recipe=chosen)
    return find_similar(described=described, recipe=chosen, **options)


def names(results) -> list[str]:
    return [hit.image.name for hit in results.hits]


def test_what_shares_words_stands_first_with_its_similarity(images):
    results = ask(images["house"])
    assert set(names(results)[:3]) == set(VIEWS)
    assert (results.measure, results.ranked) == ("similarity", 6)
    scores = [hit.score for hit in results.hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] > 2 * scores[3]


def test_it_is_offered_where_images_have_words(images, collection):
    assert WORDS in recipe_names()
    assert WORDS in {recipe.name for recipe in searchable_recipes()}
    assert count_searchable(recipe=get_recipe(WORDS), scope=Scope.of(collection)) == 6
    # What is the best is not decided by what there is.
    assert default_recipe(collection).name != WORDS
    ImageVector.objects.filter(descriptor=WORDS).delete()
    assert WORDS not in {recipe.name for recipe in searchable_recipes()}
    problem = nothing_to_rank(scope=Scope.of(collection), recipe=get_recipe(WORDS))
    assert f"Run extract_features --descriptor {WORDS}" in problem


def test_a_page_ranks_an_upload_by_words(client, images, settings):
    settings.SIS_RECIPE = WORDS
    upload = SimpleUploadedFile("q.png", encoded(scene(1), "PNG"), "image/png")
    response = client.post(reverse("search:home"), {"picture": upload}, follow=True)
    hits = response.context["results"].hits
    assert hits[0].image.name == "house"
    assert f"Similarity {hits[0].score:.4f}" in text(response)
    assert "by the visual words that both pictures have" in text(response)
    assert "every picture compared that shares a word" in text(response)
    assert Query.objects.get().vectors.count() == 0  # local features are not kept
    whole = reverse("search:results", args=[Query.objects.get().pk])
    proven = client.get(whole, {"checked": "1"})
    assert [hit.inliers > 0 for hit in proven.context["results"].hits[:3]] == [True] * 3


def test_a_page_for_an_image_without_local_features_says_so(client, images):
    # Catches a ranking by nothing, in which all are equally unlike.
    ImageVector.objects.filter(descriptor="rootsift", image=images["house"]).delete()
    with pytest.raises(NotDescribed, match="extract_features"):
        ask(images["house"])
    address = reverse("search:similar", args=[images["house"].pk])
    assert client.get(address, {"recipe": WORDS}).status_code == 409
    ImageVector.objects.filter(descriptor="rootsift").update(data=b"damaged")
    with pytest.raises(NotDescribed, match="damaged"):
        ask(images["bridge"])


def test_geometry_proves_what_words_found_and_asks_again_with_it(images):
    checked = ask(images["house"], f"{WORDS}+geometry")
    assert set(names(checked)[:3]) == set(VIEWS)
    assert checked.hits[2].inliers >= 8
    plain = {hit.image.name: hit.score for hit in ask(images["house"]).hits}
    assert all(hit.score == plain[hit.image.name] for hit in checked.hits)
    grown = ask(images["house"], f"{WORDS}+geometry+expanded")
    assert set(names(grown)[:3]) == set(VIEWS)
    # The query has more features now, so other pictures are otherwise alike.
    assert any(hit.score != plain[hit.image.name] for hit in grown.hits)


def test_words_are_fused_with_vectors(images, settings):
    settings.SIS_RECIPES = FUSED
    parts = {}
    for name in (COLOURS, WORDS):
        results = ask(images["house"], name)
        similar = {hit.image.name: hit.score for hit in results.hits}
        if results.measure == "distance":
            similar = {one: 1 - distance**2 / 2 for one, distance in similar.items()}
        low, high = min(similar.values()), max(similar.values())
        parts[name] = {one: (value - low) / (high - low) for one, value in similar.items()}
    expected = {one: (parts[COLOURS][one] + 9 * parts[WORDS][one]) / 10 for one in images}
    results = ask(images["house"], "both")
    assert results.measure == "similarity"
    assert {hit.image.name: hit.score for hit in results.hits} == pytest.approx(expected, abs=1e-4)
    assert names(results) == sorted(expected, key=lambda one: -expected[one])
    grown = ask(images["house"], "both+geometry+expanded")
    assert set(names(grown)[:3]) == set(VIEWS)


def test_several_queries_at_once_are_those_one_by_one(images, settings):
    settings.SIS_RECIPES = FUSED
    for name in (WORDS, "both", f"{WORDS}+geometry"):
        recipe = get_recipe(name)
        found = [described_image(image=image, recipe=recipe) for image in images.values()]
        together = {key: [one[key] for one in found] for key in found[0]}
        whole = rank(recipe=recipe, queries=stacked_queries(recipe, together), k=6)
        for place, one in enumerate(found):
            single = stacked_queries(recipe, {key: [value] for key, value in one.items()})
            alone = rank(recipe=recipe, queries=single, k=6)
            np.testing.assert_array_equal(whole.ids[place], alone.ids[0])
            np.testing.assert_array_equal(whole.scores[place], alone.scores[0])


def test_words_are_not_averaged(settings):
    settings.SIS_RECIPES = {"wrong": {"PARTS": [WORDS], "EXPANSION": {"METHOD": "average", "N": 3}}}
    with pytest.raises(ImproperlyConfigured, match="has EXPANSION, which is of vectors"):
        check_recipe("wrong")


def test_regions_go_with_vectors_that_have_them(settings):
    settings.SIS_RECIPES = {"wrong": {"PARTS": [WORDS], "REGIONS": True}}
    with pytest.raises(ImproperlyConfigured, match="has REGIONS, which is of vectors"):
        check_recipe("wrong")


def test_the_command_says_how_alike(images, tmp_path, capsys):
    path = tmp_path / "q.png"
    path.write_bytes(encoded(scene(1), "PNG"))
    call_command("search_images", str(path), recipe=WORDS, format="json")
    hits = json.loads(capsys.readouterr().out)["hits"]
    assert hits[0]["name"] == "house"
    assert 0 < hits[-1]["similarity"] < hits[0]["similarity"] < 1
    call_command("search_images", str(path), recipe=WORDS, format="csv")
    assert capsys.readouterr().out.startswith("rank,id,name,similarity")
    call_command("search_images", str(path), recipe=WORDS)
    assert "house" in capsys.readouterr().out.splitlines()[0]


def test_a_page_says_what_a_joined_score_is(client, images, settings):
    settings.SIS_RECIPES = FUSED
    address = reverse("search:similar", args=[images["house"].pk])
    assert "1 is the first by every part" in text(client.get(address, {"recipe": "both"}))


def test_marks_move_a_ranking_by_words(client, images):
    # Catches feedback that only vectors know: similarities add up as vectors would.
    own, liked = images["house"], next(i for name, i in images.items() if name not in VIEWS)
    address = reverse("search:similar", args=[own.pk])
    response = client.get(address, {"recipe": WORDS, "marks": f"l{liked.pk}"})
    assert response.status_code == 200
    asked = {
        image.pk: {hit.image.pk: hit.score for hit in ask(image).hits} for image in (own, liked)
    }
    expected = {pk: (asked[own.pk][pk] + 0.75 * asked[liked.pk][pk]) / 1.75 for pk in asked[own.pk]}
    found = {hit.image.pk: hit.score for hit in response.context["results"].hits}
    assert found == pytest.approx(expected, abs=1e-5)
    assert list(found) == sorted(expected, key=lambda pk: (-expected[pk], pk))
    away = client.get(address, {"recipe": WORDS, "marks": f"u{liked.pk}"})
    assert away.context["results"].hits[-1].image == liked
    assert all(hit.score >= 0 for hit in away.context["results"].hits)


def test_marks_move_a_joined_ranking(client, images, settings):
    # Catches a mixture that fusion cannot ask with.
    settings.SIS_RECIPES = FUSED
    own, liked = images["house"], next(i for name, i in images.items() if name not in VIEWS)
    address = reverse("search:similar", args=[own.pk])
    before = client.get(address, {"recipe": "both"}).context["results"].hits
    after = client.get(address, {"recipe": "both", "marks": f"l{liked.pk}"}).context["results"]
    ranks = [[hit.image.pk for hit in hits].index(liked.pk) for hits in (before, after.hits)]
    assert ranks[1] < ranks[0]
