"""What one ranking finds among its first k."""

import numpy as np
import pytest

from evaluation.measures.disagreement import found_early
from evaluation.measures.protocols import PROTOCOLS
from evaluation.measures.scoring import LabelledRanking

STANDARD = PROTOCOLS["standard"]


def labelled(ranking, *, good=(), junk=(), own=None):
    judged = {"good": np.array(good, int), "ok": np.array([], int), "junk": np.array(junk, int)}
    return LabelledRanking(np.array(ranking), judged, own)


def test_ranks_are_counted_as_precision_counts_them():
    # Catches ignored pictures that take places, and ranks that count from 0.
    found = found_early(labelled([7, 3, 9, 4, 5], good=[3, 4], junk=[7]), STANDARD, 3)
    assert found.positions.tolist() == [3, 4]
    assert found.ranks.tolist() == [1, 3]


def test_the_cut_comes_after_what_is_ignored():
    # Catches a head of k places of the full ranking, which would miss picture 4.
    everything = labelled([7, 8, 3, 4], good=[3, 4], junk=[7, 8])
    assert found_early(everything, STANDARD, 2).positions.tolist() == [3, 4]
    assert found_early(everything, STANDARD, 1).positions.tolist() == [3]


def test_the_query_itself_is_left_out_where_the_run_says_so():
    # Catches the query's own picture shown as a find.
    found = found_early(labelled([1, 2, 3], good=[1, 2], own=1), STANDARD, 2)
    assert (found.positions.tolist(), found.ranks.tolist()) == ([2], [1])


def test_a_cut_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        found_early(labelled([1]), STANDARD, 0)
