"""The ranking against its definition, on data made to be awkward."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.index.blocks import Block
from search.index.ranking import (
    SCORE_ERROR,
    all_distances,
    candidate_rows,
    exact_distances,
    merge,
    nearest,
)
from tests.helpers import unit_vectors


def definition(matrix, ids, query, k):
    """Sort by (distance in float64 rounded to float32, id), in plain steps."""
    keys = [
        (np.float32(np.sqrt(((row.astype(np.float64) - query) ** 2).sum())), pk)
        for row, pk in zip(matrix, ids, strict=True)
    ]
    return sorted(keys)[:k]


@st.composite
def crowded(draw):
    """Unit rows with many duplicates and near-duplicates, ids in no order."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    base = unit_vectors(draw(st.integers(1, 4)), seed=int(generator.integers(1e6)), dim=16)
    rows = base[generator.integers(0, len(base), draw(st.integers(1, 60)))]
    noise = draw(st.sampled_from([0, 1e-7, 1e-5, 1e-3]))
    rows = rows + noise * generator.random(rows.shape, dtype=np.float32)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    ids = generator.permutation(len(rows)).astype(np.int64) + 1
    return rows, ids, base[:1], draw(st.integers(1, 70))


@settings(max_examples=200, deadline=None)
@given(crowded())
def test_nearest_equals_the_definition(data):
    rows, ids, query, k = data
    found, distances = nearest(rows, ids, np.ones(len(ids), bool), query, k)
    expected = definition(rows, ids, query[0].astype(np.float64), k)
    assert found[0].tolist() == [pk for _, pk in expected]
    assert distances[0].tolist() == [pytest.approx(d, abs=1e-7) for d, _ in expected]


@settings(max_examples=200, deadline=None)
@given(
    size=st.integers(1, 3000),
    levels=st.sampled_from([1, 2, 30, 10**6]),
    dead=st.sampled_from([0, 0.5, 0.99]),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_candidates_are_all_rows_within_rounding_of_the_last_one(size, levels, dead, seed, data):
    # Catches a shortcut over groups of rows that loses ties, rows past the last whole group, or
    # rows where most groups have none alive.
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, levels, size).astype(np.float32) / np.float32(levels)
    scores[generator.random(size) < dead] = -np.inf
    count = data.draw(st.integers(1, size))
    last = np.sort(scores)[-count]
    expected = np.flatnonzero(scores >= last - 2 * SCORE_ERROR)
    assert candidate_rows(scores, count).tolist() == expected.tolist()


def test_asking_for_more_never_changes_what_came_first():
    # Pages are cut from longer and longer rankings; both ways of measuring must agree.
    rows, ids = unit_vectors(200, seed=1), np.arange(200, dtype=np.int64)
    query = unit_vectors(1, seed=2)
    everything = nearest(rows, ids, np.ones(200, bool), query, 200)
    for k in (1, 30, 49, 51, 199):
        found, distances = nearest(rows, ids, np.ones(200, bool), query, k)
        assert found[0].tolist() == everything[0][0, :k].tolist()
        assert distances[0].tolist() == everything[1][0, :k].tolist()


def test_both_ways_of_measuring_agree_down_to_zero():
    rows = unit_vectors(300, seed=3)
    rows[1] = rows[0] + np.float32(1e-6)
    queries = rows[:2]
    for position, query in enumerate(queries):
        one = exact_distances(rows.__getitem__, np.arange(300), query)
        np.testing.assert_array_equal(all_distances(rows, queries)[position], one)
        assert one[position] == 0


def test_dead_rows_never_appear():
    rows, ids = unit_vectors(50, seed=4), np.arange(50, dtype=np.int64)
    alive = ids % 3 != 0
    for k in (3, 50):
        found, _ = nearest(rows, ids, alive, rows[:4], k)
        assert not (found % 3 == 0).any()
        assert found.shape == (4, min(k, 33))


def test_merging_parts_equals_ranking_the_whole():
    rows, ids = unit_vectors(90, seed=5), np.arange(90, dtype=np.int64)
    queries, alive = unit_vectors(3, seed=6), np.ones(90, bool)
    parts = [nearest(rows[p], ids[p], alive[p], queries, 10) for p in (ids % 2 == 0, ids % 2 == 1)]
    for merged, whole in zip(
        merge(parts, 10, 3), nearest(rows, ids, alive, queries, 10), strict=True
    ):
        assert merged.tolist() == whole.tolist()


def test_a_block_being_read_does_not_change_under_its_reader():
    vectors = unit_vectors(6, dim=8)
    first = Block.empty(capacity=4, dim=8).append([1, 2], vectors[:2])
    later = first.append([3], vectors[2:3]).remove([1]).append([4, 5, 6], vectors[3:])
    assert first.ids.tolist() == [1, 2]
    assert first.alive.all()
    assert np.array_equal(first.rows, vectors[:2])
    assert later.ids[later.alive].tolist() == [2, 3, 4, 5, 6]
    assert np.array_equal(later.rows[later.alive], vectors[1:])


def test_compacting_keeps_each_row_with_its_id():
    vectors = unit_vectors(10, dim=8)
    block = Block.empty(capacity=10, dim=8).append(range(10), vectors).remove([0, 2, 4, 6])
    assert block.ids.tolist() == [1, 3, 5, 7, 8, 9]  # compacted: more than a quarter was dead
    assert np.array_equal(block.rows, vectors[block.ids])
