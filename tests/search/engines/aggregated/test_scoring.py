"""Similarities by words are those of the formula, in plain steps; and the authors' own."""

import numpy as np
import pytest

from catalog.descriptors.local.aggregation import Aggregated, aggregate
from catalog.descriptors.local.vocabulary import Vocabulary
from search.engines.aggregated.postings import invert, joined
from search.engines.aggregated.scoring import scores, weights_by_distance
from search.engines.aggregated.snapshot import PostingsSnapshot
from tests.search.words import some_features

CENTROIDS = some_features(99, count=64).unit_descriptors()


def words_of(seed: int, *, count: int = 60, assigned: int = 1) -> Aggregated:
    rows = some_features(seed, count=count).unit_descriptors()
    nearest = np.argsort(((rows[:, None] - CENTROIDS) ** 2).sum(axis=2), axis=1)
    return aggregate(rows, nearest[:, :assigned], CENTROIDS)


def plainly(query: Aggregated, image: Aggregated, alpha: float, threshold: float) -> float:
    """The similarity of two pictures, a word at a time."""
    total = 0.0
    for word, code in zip(query.words, query.codes, strict=True):
        for other, its in zip(image.words, image.codes, strict=True):
            if word == other:
                differ = int(np.unpackbits(code ^ its).sum())
                similarity = 1 - 2 * differ / 128
                if similarity >= threshold and similarity > 0:
                    total += similarity**alpha
    return total / np.sqrt(len(query) * len(image))


@pytest.mark.parametrize(("alpha", "threshold"), [(3, 0), (1, 0), (3, 0.3), (2.5, 0.1)])
def test_similarities_are_those_of_the_formula(alpha, threshold):
    images = [words_of(seed) for seed in range(12)]
    postings = invert(1, list(range(12)), images)
    query = words_of(50, assigned=5)
    found = scores(postings, query, weights_by_distance(alpha, threshold))
    expected = [plainly(query, image, alpha, threshold) for image in images]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    assert found.max() > 0


def test_many_postings_are_compared_in_parts(monkeypatch):
    # Catches what is lost or added twice where one part ends.
    postings = invert(1, list(range(40)), [words_of(seed) for seed in range(40)])
    query, weights = words_of(50, assigned=5), weights_by_distance(3, 0)
    whole = scores(postings, query, weights)
    monkeypatch.setattr("search.engines.aggregated.scoring.AT_ONCE", 7)
    np.testing.assert_array_equal(scores(postings, query, weights), whole)


def test_a_bit_is_set_where_the_features_lie_above_their_word():
    centroids = np.zeros((2, 128), np.float32)
    rows = np.full((3, 128), -1, np.float32)
    rows[0, 5] = rows[1, 7] = rows[2, 9] = 3
    made = aggregate(rows, np.array([[1], [1], [0]]), centroids)
    assert made.words.tolist() == [0, 1]
    bits = [np.flatnonzero(np.unpackbits(code)).tolist() for code in made.codes]
    assert bits == [[9], [5, 7]]  # of the second word, the sum of two


def test_words_that_were_not_found_are_none():
    rows = some_features(1, count=2).unit_descriptors()
    made = aggregate(rows, np.array([[3, -1], [-1, -1]]), CENTROIDS)
    assert made.words.tolist() == [3]
    assert not len(aggregate(rows, np.array([[-1], [-1]]), CENTROIDS))


def test_inverted_files_are_joined_without_what_is_dead():
    images = [words_of(seed) for seed in range(9)]
    parts = [invert(1, [1, 2, 3], images[:3]), invert(2, [4, 5, 6], images[3:6])]
    whole = joined([parts[0].without([2]), parts[1].without([4])])
    assert (whole.ids.tolist(), whole.collections.tolist()) == ([1, 3, 5, 6], [1, 1, 2, 2])
    query, weights = words_of(50, assigned=5), weights_by_distance(3, 0)
    alone = invert(1, [1, 3, 5, 6], [images[0], images[2], images[4], images[5]])
    np.testing.assert_array_equal(scores(whole, query, weights), scores(alone, query, weights))


def test_pieces_that_came_since_are_joined_before_they_are_too_many():
    snapshot = PostingsSnapshot(invert(1, [], []))
    for number in range(30):
        snapshot = snapshot.append(1, [number], [words_of(number)])
    assert snapshot.count() == snapshot.drift() == 30
    assert len(snapshot.delta) <= 8
    assert sorted(np.concatenate([part.ids for part in snapshot.parts])) == list(range(30))


@pytest.mark.usefixtures("faiss")
def test_scores_equal_those_of_the_authors_own_program():
    # https://github.com/jenicek/asmk, 100 pictures, the same vocabulary, to 1e-5.
    built = "asmk is built where a C compiler is there: see .ci/run"
    names = ("asmk_method", "codebook", "index")
    asmk_method, codebook, index = (
        pytest.importorskip(f"asmk.{name}", reason=built) for name in names
    )
    pictures = [some_features(seed, count=150).unit_descriptors() for seed in range(100)]
    centroids = some_features(999, count=256).unit_descriptors()
    params = {
        "index": {"gpu_id": None},
        "build_ivf": {
            "kernel": {"binary": True},
            "ivf": {"use_idf": False},
            "quantize": {"multiple_assignment": 1},
            "aggregate": {},
        },
        "query_ivf": {
            "quantize": {"multiple_assignment": 5},
            "aggregate": {},
            "search": {"topk": None},
            "similarity": {"similarity_threshold": 0.0, "alpha": 3.0},
        },
    }
    theirs = codebook.Codebook(index.initialize_index(**params["index"]), size=256)
    theirs.index(centroids)
    method = asmk_method.ASMKMethod(params, {}, codebook=theirs)
    numbers = np.repeat(np.arange(100), 150)
    method = method.build_ivf(np.concatenate(pictures), numbers.copy())
    queries = np.concatenate(pictures[:7])
    _facts, _images, ranks, found = method.query_ivf(queries, numbers[: len(queries)])

    vocabulary = Vocabulary(centroids)
    images = [aggregate(rows, vocabulary.assign(rows), centroids) for rows in pictures]
    postings = invert(1, list(range(100)), images)
    for place, rows in enumerate(pictures[:7]):
        query = aggregate(rows, vocabulary.assign(rows, 5), centroids)
        ours = scores(postings, query, weights_by_distance(3, 0))
        np.testing.assert_allclose(ours[ranks[place]], found[place], rtol=0, atol=1e-5)
        assert found[place].max() > 0.01
