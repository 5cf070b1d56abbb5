"""Reciprocal ranks of known items, worked out by hand."""

import numpy as np
import pytest

from evaluation.measures.known_item import chance_of, known_item, reciprocal_rank


def test_the_first_right_one_counts():
    # Catches a rank from 0, and a second copy of the picture that counts against the first.
    assert reciprocal_rank([5, 4, 3], frozenset([3, 4])) == 1 / 2
    assert reciprocal_rank([5, 4, 3], frozenset([5])) == 1
    assert reciprocal_rank([5, 4, 3], frozenset([9])) == 0


def test_figures_are_means_over_queries_and_kinds():
    # Catches means over kinds or pictures where queries are meant.
    found = known_item([1, 0.5, 1, 0], ["a", "a", "b", "b"], ["crop", "dark", "crop", "dark"])
    assert found.mean == pytest.approx(2.5 / 4)
    assert found.first == 1 / 2
    assert found.by_kind == {"crop": 1.0, "dark": 0.0}
    # Pictures: means 0.75 and 0.5; drawn twice they bound the interval.
    assert (found.interval.low, found.interval.high) == pytest.approx((0.5, 0.75))


def test_no_queries_are_refused():
    with pytest.raises(ValueError, match="no differences"):
        known_item([], [], [])


def test_chance_is_over_pictures_not_queries():
    # Catches six queries of one picture that count as six observations: p would be 1/32.
    assert chance_of(np.ones(6), np.zeros(6), ["a"] * 6) == 1
    assert chance_of(np.ones(6), np.zeros(6), list("abcdef")) == pytest.approx(2 / 64)
