"""What codes prove, on data made to be awkward. A wrong proof would be a silently wrong answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.engines.certified.bounds import (
    Bounds,
    NegativeComponents,
    QueryCodes,
    encode_rows,
    scale_for,
)
from search.engines.certified.codes import Coded, CodeSearch, certified
from search.engines.certified.files import code_in_memory
from search.index.ranking import exact_distances, nearest, scan
from search.index.rows import MemoryRows
from tests.helpers import unit_vectors

DIM = 16


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@st.composite
def awkward(draw):
    """Rows of few kinds with little or no noise, some of no unit length, and any queries."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = generator.random((draw(st.integers(1, 5)), DIM), dtype=np.float32)
    kinds = unit(np.where(kinds < 0.5, np.float32(0), kinds) + np.float32(1e-3))
    rows = kinds[generator.integers(0, len(kinds), draw(st.integers(3, 500)))]
    noise = draw(st.sampled_from([0, 1e-7, 1e-5, 1e-3, 0.05]))
    rows = unit(rows + np.float32(noise) * generator.random(rows.shape, dtype=np.float32))
    if draw(st.booleans()):  # one component far above all others spoils the scale
        rows[0] = 0
        rows[0, 3] = 1
    queries = [kinds[0], generator.standard_normal(DIM), generator.random(DIM), -kinds[0]]
    return rows, unit(np.array(queries)), draw(st.integers(1, 8)), generator


@settings(max_examples=200, deadline=None)
@given(awkward(), st.floats(0.5, 2))
def test_a_row_below_the_least_product_is_farther(data, stretch):
    rows, queries, _, generator = data
    rows *= generator.choice(np.float32([1, stretch]), (len(rows), 1))
    codes, bounds = encode_rows(rows, scale_for(float(rows.max())))
    # Along what a row loses, the bounds are met: nothing to spare hides a missing term.
    worst = np.maximum(rows[:3] - codes[:3] / bounds.scale, 0)
    worst = worst[np.linalg.norm(worst, axis=1) > 1e-5]
    for query in [*queries, *unit(worst)]:
        coded = QueryCodes(query, bounds)
        products = codes.astype(np.float64) @ coded.codes
        distances = exact_distances(rows.__getitem__, np.arange(len(rows)), query)
        for distance in np.unique(distances)[:40]:
            excluded = products < coded.least_product(distance)
            assert not (excluded & (distances <= distance)).any()


def test_a_far_row_is_below_the_least_product():
    # Bounds that prove nothing would pass every other test here.
    rows = np.eye(DIM, dtype=np.float32)
    codes, bounds = encode_rows(rows, scale_for(1.0))
    coded = QueryCodes(rows[0], bounds)
    products = codes.astype(np.float64) @ coded.codes
    least = coded.least_product(np.float32(0))
    assert (products < least).tolist() == [False] + [True] * (DIM - 1)


@settings(max_examples=200, deadline=None)
@given(data=awkward(), threads=st.sampled_from([1, 2]))
def test_certified_answers_equal_the_scan(faiss, data, threads):
    rows, queries, k, generator = data
    ids = generator.permutation(len(rows)).astype(np.int64) + 1
    alive = generator.random(len(rows)) < 0.9
    if np.count_nonzero(alive) < k:
        return
    memory = MemoryRows(rows)
    codes, bounds = code_in_memory(memory)
    whole = slice(0, len(rows))
    found = certified(
        coded=Coded(CodeSearch(codes, threads=threads), bounds),
        rows=memory,
        part=whole,
        ids=ids,
        alive=alive,
        queries=queries,
        k=k,
        rerank=1,
    )
    expected = nearest(rows, ids, alive, queries, k)
    for answer, expected_ids, distances in zip(found, *expected, strict=True):
        if answer is not None:
            assert answer[0].tolist() == expected_ids.tolist()
            assert answer[1].tolist() == distances.tolist()
    for one, other in zip(scan(memory, whole, ids, alive, queries, k), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("shape", "proven"), [("clusters", True), ("all equal", False), ("beyond the widening", False)]
)
def test_what_can_be_proven_is_and_what_cannot_is_not(faiss, shape, proven):
    kinds = unit_vectors(100, seed=1, dim=256)
    if shape == "all equal":
        kinds[:] = kinds[0]
    elif shape == "beyond the widening":  # as near as ties, for more rows than are looked at
        kinds[:40] = unit(kinds[0] + np.float32(1e-6) * unit_vectors(40, seed=3, dim=256))
    rows = MemoryRows(np.repeat(kinds, 10, axis=0))
    codes, bounds = code_in_memory(rows)
    ids = np.arange(1000, dtype=np.int64)
    (answer,) = certified(
        coded=Coded(CodeSearch(codes, threads=1), bounds),
        rows=rows,
        part=slice(0, 1000),
        ids=ids,
        alive=np.ones(1000, bool),
        queries=kinds[:1],
        k=5,
        rerank=1,
    )
    assert (answer is not None) == proven
    if answer is not None:
        assert answer[0].tolist() == [0, 1, 2, 3, 4]  # ties, by id


def test_threads_search_every_row_once(faiss, monkeypatch):
    # Catches a seam between the threads' ranges, and positions counted from a range's start.
    monkeypatch.setattr("search.engines.certified.codes.ROWS_PER_THREAD", 7)
    codes = np.random.default_rng(1).integers(0, 255, (100, DIM), dtype=np.uint8)
    query = codes[:3].astype(np.float32)
    products, places = CodeSearch(codes, threads=4).best(query, 90, slice(5, 98))
    expected = query.astype(np.int64) @ codes[5:98].T.astype(np.int64)
    assert products.tolist() == np.sort(expected, axis=1)[:, ::-1][:, :90].tolist()
    for row in range(3):
        assert expected[row][places[row] - 5].tolist() == products[row].tolist()
        assert len(set(places[row].tolist())) == 90


def test_rows_of_zeros_have_codes():
    codes, bounds = encode_rows(np.zeros((3, DIM), np.float32), scale_for(0))
    assert not codes.any()
    assert bounds.least_norm == 0


def test_bounds_hold_for_all_chunks():
    rows = np.abs(unit_vectors(600, seed=2, dim=DIM))
    _, whole = encode_rows(rows, 100.0)
    joined = Bounds(100.0)
    for start in range(0, 600, 7):
        joined = joined.joined(encode_rows(rows[start : start + 7], 100.0)[1])
    assert joined == whole
    with pytest.raises(ValueError, match="different scales"):
        joined.joined(Bounds(99.0))


def test_negative_components_are_refused():
    with pytest.raises(NegativeComponents):
        encode_rows(np.array([[0.5, -1e-9]], np.float32), 1.0)
