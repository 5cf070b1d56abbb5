"""Simulated clicks, and measures without what was seen."""

import numpy as np
import pytest

from evaluation.measures.residual import clicks, means, residual_average_precision


def ids(*values):
    return np.array(values, dtype=np.int64)


def test_clicks_follow_the_labels_and_pass_over_what_was_seen():
    # Catches marks on junk, on what the user marked before, and beyond what is shown.
    made = clicks(ids(1, 2, 3, 4, 5, 6), positives=ids(2, 4, 6), ignored=ids(3), seen={1}, shown=4)
    assert (made.likes, made.unlikes) == ([2, 4], [5])


def test_what_was_seen_counts_neither_for_nor_against():
    # Catches a ranking that looks better because the marked images lead it.
    ranking, positives = ids(1, 2, 9, 3, 8), ids(1, 2, 3)
    seen = residual_average_precision(ranking, positives=positives, ignored=ids(), seen=[1, 2])
    # Of 9, 3, 8 the one positive stands second: trapezoid (0/1 + 1/2) / 2.
    assert seen == pytest.approx(0.25)
    junk = residual_average_precision(ranking, positives=positives, ignored=ids(9), seen=[1, 2])
    assert junk == 1.0
    none = residual_average_precision(ranking, positives=positives, ignored=ids(), seen=[1, 2, 3])
    assert none is None


def test_rounds_are_compared_over_the_same_topics():
    assert means([[0.2, 0.4], [0.6, None], [0.4, 0.8]]) == (
        [pytest.approx(0.3), pytest.approx(0.6)],
        2,
    )
    assert means([[None, 0.5]]) == ([None, None], 0)
    assert means([]) == ([], 0)
