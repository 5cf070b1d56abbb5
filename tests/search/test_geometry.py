"""Searches whose first results are verified: the order, the bounds, the memory, the growth."""

from dataclasses import replace

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from threadpoolctl import threadpool_info

from catalog.descriptors import DescriptorError
from catalog.descriptors.local.features import encode, without_features
from catalog.descriptors.local.registry import get_local
from catalog.models import Collection, ImageVector
from catalog.visibility import EVERYTHING, Scope
from search import remembering, verifying
from search.checks import check_recipes, check_seconds
from search.geometry import comparing
from search.geometry.outcome import Verification
from search.queries import NotDescribed, described_image
from search.ranking import Bounds, proven_only, rank, stacked_queries
from search.recipes import (
    RecipeError,
    default_recipe,
    get_recipe,
    known_recipes,
    proven,
    recipe_names,
    searchable_recipes,
    with_geometry,
)
from search.remembering import Memory
from search.services import count_searchable, find_similar, nothing_to_rank
from tests.search.proven import COLOURS, OTHERS, VIEWS, fill_with_views

pytestmark = pytest.mark.django_db
WITH, GROWN = f"{COLOURS}+geometry", f"{COLOURS}+geometry+expanded"


@pytest.fixture
def images(collection):
    return fill_with_views(collection)


def ask(image, recipe=WITH, **options):
    recipe = get_recipe(recipe)
    described = described_image(image=image, recipe=recipe)
    return find_similar(described=described, recipe=recipe, **options)


def names(results) -> list[str]:
    return [hit.image.name for hit in results.hits]


def test_what_is_proven_stands_first_by_its_points(images):
    plain, checked = ask(images["house"], COLOURS), ask(images["house"])
    assert set(names(checked)[:3]) == set(VIEWS)
    points = [hit.inliers for hit in checked.hits]
    assert points[0] > points[1] >= points[2] >= 8
    assert points[3:] == [0, 0, 0]
    # The rest as they were, each with its own score.
    assert [n for n in names(plain) if n in OTHERS] == names(checked)[3:]
    scores = {hit.image.name: hit.score for hit in plain.hits}
    assert all(hit.score == scores[hit.image.name] for hit in checked.hits)
    assert plain.verification is None


@pytest.mark.parametrize("recipe", [WITH, GROWN])
def test_a_page_further_down_goes_on_where_the_first_one_ends(images, recipe):
    whole = names(ask(images["house"], recipe))
    parts = [names(ask(images["house"], recipe, page=page, page_size=2)) for page in (1, 2, 3)]
    assert sum(parts, []) == whole  # noqa: RUF017 (three lists)


def test_only_the_first_are_verified(images, settings):
    settings.SIS_RECIPES = {"few": {"PARTS": [COLOURS], "GEOMETRY": {"FIRST": 2}}}
    results = ask(images["house"], "few")
    assert results.verification.wanted == 2
    assert sum(hit.inliers > 0 for hit in results.hits) <= 2


def test_only_proven_ends_with_what_is_proven(images):
    results = ask(images["house"], only_proven=True, page_size=2)
    assert (results.ranked, len(results.hits)) == (3, 2)
    assert ask(images["house"], only_proven=True, page=9, page_size=2).page == 2
    nothing = ask(images["tower"], only_proven=True)
    assert names(nothing) == ["tower"]


def test_an_image_without_features_of_its_own_proves_nothing(images):
    ImageVector.objects.filter(image=images["house"], descriptor="rootsift").delete()
    results = ask(images["house"])
    assert results.verification.found == {}
    assert names(results) == names(ask(images["house"], COLOURS))
    with pytest.raises(NotDescribed, match="extract_features --descriptor lite0"):
        ask(images["house"], "lite0")


def test_images_that_cannot_be_compared_are_counted(images, caplog):
    rows = ImageVector.objects.filter(descriptor="rootsift")
    rows.filter(image=images["tower"]).delete()
    rows.filter(image=images["bridge"]).update(data=b"damaged")
    rows.filter(image=images["court"]).update(data=encode(without_features((400, 300))))
    verification = ask(images["house"]).verification
    assert (verification.without, verification.checked, verification.wanted) == (2, 6, 6)
    assert verification.is_complete
    assert "damaged" in caplog.text


def test_time_is_bounded_and_what_is_done_counts(images, settings):
    # Catches a page that hangs on a slow machine.
    settings.SIS_GEOMETRY_SECONDS = 0.0
    results = ask(images["from_afar"])
    assert not results.verification.is_complete
    assert results.verification.checked == 0
    assert names(results) == names(ask(images["from_afar"], COLOURS))


def test_time_that_runs_out_half_way(images, monkeypatch):
    verify, calls = comparing.verify, []

    def slow(*given):
        calls.append(1)
        return verify(*given)

    monkeypatch.setattr(comparing, "verify", slow)
    recipe = get_recipe(WITH)
    described = described_image(image=images["house"], recipe=recipe)
    queries = stacked_queries(recipe, {name: [one] for name, one in described.items()})
    bounds = Bounds(should_stop=lambda: len(calls) >= 2)
    (verification,) = rank(recipe=recipe, queries=queries, k=6, bounds=bounds).verifications
    assert 2 <= verification.checked < 6


def test_the_same_is_not_worked_out_twice_until_something_changes(images, monkeypatch):
    # Catches "show more" that verifies everything anew, and proofs of pictures that were replaced.
    calls = []
    verify = comparing.verify
    monkeypatch.setattr(comparing, "verify", lambda *given: calls.append(1) or verify(*given))
    ask(images["house"])
    first = len(calls)
    ask(images["house"], page_size=2)
    assert len(calls) == first == 6
    rows = ImageVector.objects.filter(descriptor="rootsift", image=images["from_afar"])
    rows.update(data=encode(without_features((400, 300))))
    assert "from_afar" in names(ask(images["house"]))[2:]
    assert len(calls) == 2 * first


def test_memory_does_not_outlive_what_it_was_of(images, monkeypatch):
    calls = []
    verify = comparing.verify
    monkeypatch.setattr(comparing, "verify", lambda *given: calls.append(1) or verify(*given))
    monkeypatch.setattr(remembering, "KEPT_SECONDS", 0)
    ask(images["house"])
    ask(images["house"])
    assert len(calls) == 12


def test_memory_is_bounded():
    kept = Memory(most=2)
    made: list[int] = []

    def recall(key: int):
        def make() -> Verification:
            made.append(key)
            return Verification(0)

        return kept.recall(key, make)

    for key in (1, 2, 1, 3, 1, 2):
        recall(key)
    assert made == [1, 2, 3, 2]
    assert remembering.REMEMBERED > 2


def test_a_query_grows_by_what_was_proven(images):
    results = ask(images["house"], GROWN)
    assert set(names(results)[:3]) == set(VIEWS)
    # Pictures that prove nothing leave the query as it is.
    assert names(ask(images["tower"], GROWN)) == names(ask(images["tower"]))


def test_several_queries_at_once_are_those_one_by_one(images):
    recipe = get_recipe(WITH)
    described = [described_image(image=images[name], recipe=recipe) for name in ("house", "tower")]
    queries = stacked_queries(
        recipe, {name: [one[name] for one in described] for name in described[0]}
    )
    together = rank(recipe=recipe, queries=queries, k=4)
    assert together.ids.shape == (2, 4)
    assert len(together.verifications) == 2
    for place, name in enumerate(("house", "tower")):
        assert together.ids[place].tolist() == [h.image.pk for h in ask(images[name]).hits[:4]]


def test_no_queries_are_no_error(images):
    recipe = get_recipe(WITH)
    queries = {COLOURS: np.empty((0, 864), np.float32), "rootsift": []}
    assert len(rank(recipe=recipe, queries=queries, k=3).ids) == 0


def test_an_answer_without_geometry_proves_nothing(images):
    recipe = get_recipe(COLOURS)
    described = described_image(image=images["house"], recipe=recipe)
    queries = stacked_queries(recipe, {name: [one] for name, one in described.items()})
    assert proven_only(rank(recipe=recipe, queries=queries, k=3), 3).count == 0


def test_names_with_geometry_are_ways_to_rank(images):
    recipe = get_recipe(WITH)
    assert recipe.geometry.first == 200
    assert recipe.plain.geometry is None
    assert recipe.model_ids == (*get_recipe(COLOURS).model_ids, get_local().model_id)
    assert recipe.facts()["geometry"]["rules"]["inliers"] == 8
    assert "geometry" not in get_recipe(COLOURS).facts()
    assert recipe.bytes_per_image == 4 * 864 + 136 * 2000
    assert "proven by geometry" in recipe.title
    assert get_recipe(GROWN).geometry.expansion
    assert with_geometry(recipe) is recipe
    # Local features rank nothing by themselves, and the list stays short.
    assert "rootsift" not in recipe_names()
    assert not any(one.geometry for one in known_recipes())


@pytest.mark.parametrize(
    "name", ["nowhere+geometry", f"{COLOURS}+geometry+more", "rootsift", f"{'x' * 45}+geometry"]
)
def test_other_names_are_refused(name):
    with pytest.raises(RecipeError):
        get_recipe(name)


def test_where_local_features_are_taken_away_there_is_no_geometry(images, settings):
    recipe = get_recipe(COLOURS)
    settings.SIS_LOCAL_DESCRIPTORS = {}
    assert proven(recipe, EVERYTHING) is recipe
    with pytest.raises(DescriptorError, match="rootsift"):
        get_recipe(WITH)


def test_a_collection_with_local_features_is_verified_and_no_other(images):
    other = Collection.objects.create(slug="other")
    recipe = default_recipe()
    assert proven(recipe, Scope.of(images["house"].collection)).geometry
    assert proven(recipe, EVERYTHING).geometry
    assert proven(recipe, Scope.of(other)) is recipe


def test_nothing_is_ranked_silently_without_the_geometry_that_was_asked_for(collection, settings):
    # Catches a run by "+geometry" whose figures are those of plain ranking.
    fill_with_views(collection, local=False)
    settings.SIS_RECIPES = {"mine": {"PARTS": [COLOURS], "GEOMETRY": {}}}
    recipe = get_recipe(WITH)
    assert count_searchable(recipe=recipe) == 0
    assert "--descriptor rootsift" in nothing_to_rank(scope=Scope.of(collection), recipe=recipe)
    assert "mine" not in [one.name for one in searchable_recipes()]


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ([], "it takes EXPANSION, FEATURES, FIRST, MIRRORED"),
        ({"MOST": 3}, "it takes EXPANSION, FEATURES, FIRST, MIRRORED"),
        ({"MIRRORED": "yes"}, "true or false"),
        ({"FEATURES": "sift"}, "names no local features: 'sift'"),
        ({"FIRST": 0}, "from 1 to 1000"),
        ({"FIRST": True}, "from 1 to 1000"),
        ({"EXPANSION": 1}, "true or false"),
    ],
)
def test_a_wrong_declaration_is_a_system_check(settings, geometry, said):
    settings.SIS_RECIPES = {"mine": {"PARTS": [COLOURS], "GEOMETRY": geometry}}
    (message,) = check_recipes()
    assert said in message.msg
    with pytest.raises(ImproperlyConfigured):
        get_recipe("mine")


def test_a_declared_geometry_is_taken(settings, images):
    settings.SIS_RECIPES = {
        "mine": {"PARTS": [COLOURS], "GEOMETRY": {"FIRST": 5, "EXPANSION": True}}
    }
    geometry = get_recipe("mine").geometry
    assert (geometry.first, geometry.expansion, geometry.local) == (5, True, get_local())
    assert "mine" in [one.name for one in searchable_recipes()]
    assert replace(geometry, first=6) != geometry


@pytest.mark.parametrize("seconds", [0, -1.5])
def test_seconds_are_above_zero(settings, seconds):
    settings.SIS_GEOMETRY_SECONDS = seconds
    (message,) = check_seconds()
    assert f"SIS_GEOMETRY_SECONDS is {seconds:g}." in message.msg


def test_two_searches_take_turns_and_the_second_waits_no_longer_than_it_may(images):
    # Catches two that share the cores, and both come too late.
    assert verifying._turn.acquire()
    try:
        recipe = get_recipe(WITH)
        described = described_image(image=images["house"], recipe=recipe)
        queries = stacked_queries(recipe, {name: [one] for name, one in described.items()})
        answer = rank(recipe=recipe, queries=queries, k=6, bounds=Bounds(seconds=0.05))
        assert answer.verifications[0].checked == 0
        assert len(answer.ids[0]) == 6
    finally:
        verifying._turn.release()


def test_products_get_their_threads_back(images):
    def threads() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    before = threads()
    ask(images["house"])
    assert threads() == before
