"""Bounds of average precision under relabelling, against every case tried out."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.measures.label_bounds import mean_bounds, topic_bounds
from evaluation.measures.metrics import average_precision, judge

RIGHT, IGNORED, WRONG, UNFOUND = range(4)


@st.composite
def judged_rankings(draw):
    kinds = draw(st.lists(st.sampled_from([RIGHT, IGNORED, WRONG]), min_size=1, max_size=12))
    unfound = draw(st.integers(0, 3))
    return kinds, unfound


def judged_of(kinds, unfound):
    right = [at for at, kind in enumerate(kinds) if kind == RIGHT]
    right += [1000 + number for number in range(unfound)]
    ignored = [at for at, kind in enumerate(kinds) if kind == IGNORED]
    return judge(np.arange(len(kinds)), right, ignored)


@given(judged_rankings(), st.integers(0, 5))
@settings(max_examples=300)
def test_they_are_the_extremes_of_all_cases(ranking, m):
    """Catches a bound that some relabelling passes, and one that none reaches."""
    kinds, unfound = ranking
    bounds = topic_bounds(judged_of(kinds, unfound), m)
    if RIGHT not in kinds and not unfound:
        assert bounds is None
        return
    wrong = [at for at, kind in enumerate(kinds) if kind == WRONG][:m]
    tried = {}
    for case in product((RIGHT, IGNORED, WRONG), repeat=len(wrong)):
        changed = list(kinds)
        for at, kind in zip(wrong, case, strict=True):
            changed[at] = kind
        tried[case] = average_precision(judged_of(changed, unfound))
    assert bounds.low == pytest.approx(min(tried.values()))
    assert bounds.high == pytest.approx(max(tried.values()))
    assert bounds.as_labelled == pytest.approx(tried[(WRONG,) * len(wrong)])
    assert bounds.all_ignored == pytest.approx(tried[(IGNORED,) * len(wrong)])


def test_the_mean_leaves_out_topics_without_positives():
    topics = [judged_of([WRONG, RIGHT], 0), judged_of([WRONG, WRONG], 0)]
    bounds = mean_bounds(topics, 1)
    # (0/1 + 1/2) / 2 as labelled; first ignored or right: perfect.
    assert (bounds.low, bounds.as_labelled, bounds.high) == pytest.approx((0.25, 0.25, 1))
    assert mean_bounds(topics[1:], 1) is None


def test_a_negative_number_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        topic_bounds(judged_of([RIGHT], 0), -1)
