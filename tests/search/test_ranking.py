"""Ranking by recipes: plain ones are the engine's own, others follow their formulas."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.descriptors import get_descriptor
from catalog.models import Collection, Image
from catalog.vectorstore import Version, vectors_of
from search import plain_ranking
from search.engines import Answer, get_engine, reset_engines
from search.expansion import alpha_weighted, averaged
from search.ranking import rank
from search.recipes import Expansion, Part, Recipe, get_recipe
from tests.helpers import add_image, unit_vectors

COLOURS = "colour-layout"


def colours(seed: int = 1, count: int = 12) -> np.ndarray:
    rows = np.abs(np.random.default_rng(seed).normal(size=(count, 864))).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def no_engines():
    reset_engines()


@pytest.fixture
def images(collection) -> list[Image]:
    """Twelve with vectors of both descriptors."""
    found = [add_image(collection, f"i{n}", vector=row) for n, row in enumerate(unit_vectors(12))]
    descriptor = get_descriptor(COLOURS)
    rows = [(Version(i.pk, i.sha256), row) for i, row in zip(found, colours(), strict=True)]
    vectors_of(COLOURS).write(rows, model_id=descriptor.model_id, dim=864)
    return found


@pytest.fixture
def queries() -> dict[str, np.ndarray]:
    return {"fc6": unit_vectors(3, seed=8), COLOURS: colours(9, 3)}


def fused(**changes) -> Recipe:
    parts = (Part(get_descriptor("fc6"), 1.0), Part(get_descriptor(COLOURS), 2.0))
    return replace(Recipe("both", "both", "", parts), **changes)


def test_a_plain_recipe_is_one_search(images, queries, monkeypatch):
    asked = []
    engine = get_engine()
    real = type(engine).answer

    def counted(self, *args, **kwargs):
        asked.append(args)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(engine), "answer", counted)
    found = rank(recipe=get_recipe("fc6"), queries=queries, k=5)
    assert len(asked) == 1
    plain = engine.answer(queries["fc6"], 5)
    np.testing.assert_array_equal(found.ids, plain.ids)
    np.testing.assert_array_equal(found.scores, plain.scores)


@pytest.mark.parametrize("method", ["average", "alpha"])
def test_expansion_asks_again_with_the_first_results(images, queries, method):
    engine = get_engine()
    recipe = replace(get_recipe("fc6"), expansion=Expansion(method, 3, 2.0))
    found = rank(recipe=recipe, queries=queries, k=12)
    first = engine.answer(queries["fc6"], 3).ids
    for place, query in enumerate(queries["fc6"]):
        rows = np.stack([Image.objects.get(pk=pk).fc6 for pk in first[place]])
        again = averaged(query, rows) if method == "average" else alpha_weighted(query, rows, 2.0)
        np.testing.assert_array_equal(found.ids[place], engine.answer(again[None], 12).ids[0])


def test_expansion_in_an_empty_collection(db, queries):
    empty = Collection.objects.create(slug="empty")
    recipe = replace(get_recipe("fc6"), expansion=Expansion("average", 3))
    assert rank(recipe=recipe, queries=queries, k=5, within=frozenset([empty.pk])).ids.shape == (
        3,
        0,
    )


def test_an_image_deleted_between_the_two_searches(images, queries, monkeypatch):
    real = plain_ranking.vectors_of

    def delete(name):
        Image.objects.filter(pk=images[0].pk).delete()
        return real(name)

    monkeypatch.setattr(plain_ranking, "vectors_of", delete)
    recipe = replace(get_recipe("fc6"), expansion=Expansion("average", 12))
    assert rank(recipe=recipe, queries=queries, k=3).ids.shape == (3, 3)


@pytest.mark.parametrize("at_once", [4_000_000, 1])
def test_fused_similarities_rank_by_the_weighted_mean(images, queries, monkeypatch, at_once):
    # By hand, image by image; whatever number of queries is done at a time.
    monkeypatch.setattr(plain_ranking, "SCORES_AT_ONCE", at_once)
    found = rank(recipe=fused(), queries=queries, k=12)
    for place in range(3):
        one = unit_vectors(12) @ queries["fc6"][place]
        two = colours() @ queries[COLOURS][place]
        one, two = ((s - s.min()) / (s.max() - s.min()) for s in (one, two))
        score = (one + 2 * two) / 3
        expected = [images[n].pk for n in np.argsort(-score)]
        assert found.ids[place].tolist() == expected
        np.testing.assert_allclose(found.scores[place], np.sort(score)[::-1], atol=1e-5)
    assert found.count == 12
    assert found.methods == ("scanned",) * 3
    part = rank(recipe=fused(), queries=queries, k=4)
    np.testing.assert_array_equal(part.ids, found.ids[:, :4])


def test_fused_ranks_rank_by_reciprocals(images, queries):
    found = rank(recipe=fused(fusion="reciprocal-ranks"), queries=queries, k=12)
    one = np.argsort(np.argsort(-(unit_vectors(12) @ queries["fc6"][0]))) + 1
    two = np.argsort(np.argsort(-(colours() @ queries[COLOURS][0]))) + 1
    score = 61 * (1 / (60 + one) + 2 / (60 + two)) / 3
    assert found.ids[0].tolist() == [images[n].pk for n in np.argsort(-score, kind="stable")]


def test_ranks_tell_apart_what_similarities_cannot():
    # Catches ranking by 1 - d^2 / 2 in float32, which is 1 for the second as for the first.
    distances = np.array([[2e-4, 1e-4]], np.float32)
    answer = Answer(np.array([[7, 8]]), distances, ("scanned",), 2)
    assert len(set(plain_ranking.similarities(answer)[0].tolist())) == 1
    assert plain_ranking.worst_last(answer)[0].argsort().tolist() == [1, 0]
    alike = Answer(np.array([[7, 8]]), distances, ("scanned",), 2, "similarity")
    assert plain_ranking.worst_last(alike)[0].argsort().tolist() == [0, 1]


def test_no_queries_fused_are_an_empty_answer(images):
    # Catches joining nothing, which NumPy refuses.
    dims = {part.descriptor.name: part.descriptor.dim for part in fused().parts}
    none = {name: np.empty((0, dim), dtype=np.float32) for name, dim in dims.items()}
    answer = rank(recipe=fused(), queries=none, k=5)
    assert len(answer.ids) == len(answer.scores) == 0
    assert answer.methods == ()


def test_what_lacks_a_part_takes_no_part(images, queries, collection):
    # Catches an image that is last by one descriptor because it has no vector of it.
    only = add_image(collection, "only fc6", vector=queries["fc6"][0])
    found = rank(recipe=fused(), queries=queries, k=50)
    assert found.count == 12
    assert only.pk not in found.ids
    other = Collection.objects.create(slug="other")
    assert rank(recipe=fused(), queries=queries, k=5, within=frozenset([other.pk])).count == 0


def test_equal_scores_are_in_the_order_of_images(collection, queries):
    row, layout = unit_vectors(1)[0], colours(1, 1)[0]
    found = [add_image(collection, f"same{n}", vector=row) for n in range(4)]
    descriptor = get_descriptor(COLOURS)
    rows = [(Version(i.pk, i.sha256), layout) for i in found]
    vectors_of(COLOURS).write(rows, model_id=descriptor.model_id, dim=864)
    answer = rank(recipe=fused(), queries=queries, k=4)
    assert answer.ids[0].tolist() == [image.pk for image in found]


def test_an_expanded_part_of_a_fusion(images, queries):
    recipe = fused(expansion=Expansion("alpha", 2))
    assert rank(recipe=recipe, queries=queries, k=3).ids.shape == (3, 3)
