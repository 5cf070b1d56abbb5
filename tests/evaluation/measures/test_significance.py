"""Sign-flip test and bootstrap interval over groups."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.measures import significance
from evaluation.measures.significance import (
    bootstrap_interval,
    group_means,
    mean_interval,
    sign_flip_test,
)

# Eighths add up exactly, so that brute force decides ties without a tolerance.
eighths = st.integers(-16, 16).map(lambda value: value / 8)


@given(st.lists(eighths, min_size=1, max_size=9))
def test_p_value_equals_brute_force(means):
    """Catches a wrong count of sign patterns, a one-sided test and lost ties."""
    cases = list(itertools.product((1, -1), repeat=len(means)))
    sums = [sum(s * m for s, m in zip(signs, means, strict=True)) for signs in cases]
    expected = sum(abs(total) >= abs(sum(means)) for total in sums) / len(cases)
    result = sign_flip_test(means, range(len(means)))
    assert result.exact
    assert result.patterns == len(cases)
    assert result.p_value == expected


def test_known_values():
    """Catches a mean or p-value that is off: eleven gains leave 2 of 2,048 patterns."""
    result = sign_flip_test([0.01] * 55, [landmark for landmark in range(11) for _ in range(5)])
    assert (result.patterns, result.groups) == (2048, 11)
    assert result.p_value == 2 / 2048
    assert result.mean == pytest.approx(0.01)


def test_no_difference_is_no_evidence():
    """Catches a strict comparison, which would call two equal runs different with p = 0."""
    assert sign_flip_test([0.0] * 6, "aabbcc").p_value == 1


def test_rounding_does_not_lose_ties():
    """Catches a comparison without a tolerance: ten times 0.1 adds up to 1.0 or to a bit less,
    depending on the order, and the observed case itself would count as less extreme."""
    assert sign_flip_test([0.1] * 10, range(10)).p_value == 2 / 2**10
    assert sign_flip_test([0.1, 0.2, 0.3], "abc").p_value == 2 / 8
    assert sign_flip_test([0.3, -0.1, -0.2], "abc").p_value == 1


@given(st.lists(st.integers(-9, 9), min_size=8, max_size=12))
def test_tenths_are_counted_as_whole_numbers_are(tenths):
    """Catches a tolerance below the rounding of sums: tenths are not exact, whole numbers are."""
    exact = sign_flip_test(tenths, range(len(tenths))).p_value
    assert sign_flip_test([n / 10 for n in tenths], range(len(tenths))).p_value == exact


def test_what_is_nearly_a_tie_is_none():
    """Catches a tolerance that calls different sums equal: two of these eight patterns are as
    extreme as the observed one, and two more fall short by 2e-9."""
    assert sign_flip_test([0.5, 0.25, 1e-9], "abc").p_value == 2 / 8


def test_topics_of_a_group_are_one_observation():
    """Catches treating 5 topics with the same judgements as 5 independent ones."""
    once = sign_flip_test([0.1, 0.2, -0.05], "abc")
    repeated = sign_flip_test([0.1] * 5 + [0.2] * 5 + [-0.05] * 5, "a" * 5 + "b" * 5 + "c" * 5)
    assert repeated.p_value == once.p_value
    assert repeated.groups == 3


def test_groups_need_not_be_adjacent_or_equal_in_size():
    """Catches reshaping the differences instead of grouping them."""
    np.testing.assert_allclose(group_means([1, 5, 3, 8], ["a", "b", "a", "a"]), [4, 5])


def test_many_groups_are_sampled_reproducibly():
    """Catches 2^G patterns in memory, a p-value of 0, and one that changes at each look."""
    differences = np.random.default_rng(1).normal(0.05, 0.2, 40)
    first, second = (sign_flip_test(differences, range(40), seed=3) for _ in range(2))
    assert first == second
    assert not first.exact
    assert sign_flip_test(np.ones(40), range(40)).p_value == pytest.approx(1e-5, rel=0.01)


def test_the_sampled_p_value_is_near_the_exact_one(monkeypatch):
    """Catches random signs that are not fair, or a sampled sum of something else."""
    differences = np.random.default_rng(2).normal(0.1, 0.3, 12)
    exact = sign_flip_test(differences, range(12)).p_value
    monkeypatch.setattr(significance, "MAX_EXACT_GROUPS", 5)
    assert sign_flip_test(differences, range(12)).p_value == pytest.approx(exact, abs=0.01)


def test_interval_is_that_of_the_group_means():
    """Catches resampling topics instead of groups, and quantiles of the wrong tails."""
    groups = [group for group in range(11) for _ in range(5)]
    values = np.repeat(np.random.default_rng(4).normal(0.02, 0.1, 11), 5)
    interval = bootstrap_interval(values, groups)
    spread = values[::5].std() / np.sqrt(11)
    assert interval.low == pytest.approx(values.mean() - 1.96 * spread, abs=0.15 * spread)
    assert interval.high == pytest.approx(values.mean() + 1.96 * spread, abs=0.15 * spread)
    assert interval.mean == pytest.approx(values.mean())


def test_interval_is_reproducible_and_widens_with_its_level(monkeypatch):
    """Catches an unseeded generator, chunking that changes the draws, and an unused level."""
    values = np.random.default_rng(5).normal(size=8)
    whole = bootstrap_interval(values, range(8), seed=7)
    assert bootstrap_interval(values, range(8), seed=7) == whole
    assert bootstrap_interval(values, range(8), seed=8) != whole
    assert bootstrap_interval(values, range(8), seed=7, level=0.5).high < whole.high
    monkeypatch.setattr(significance, "_CHUNK", 1000)
    assert bootstrap_interval(values, range(8), seed=7) == whole


def test_interval_of_one_value_is_that_value():
    """Catches quantiles that leave the range of the data."""
    interval = bootstrap_interval([0.25, 0.25], "aa")
    assert (interval.low, interval.high) == (0.25, 0.25)


@pytest.mark.parametrize(
    ("differences", "groups"),
    [([], []), ([1.0], ["a", "b"]), ([float("nan")], ["a"]), ([[1.0]], ["a"])],
)
def test_unusable_differences_are_refused(differences, groups):
    """Catches a p-value made of nothing, of NaN, or of topics paired with the wrong groups."""
    with pytest.raises(ValueError, match=r"difference"):
        sign_flip_test(differences, groups)


@pytest.mark.parametrize("options", [{"level": 0}, {"level": 95}, {"resamples": 0}])
def test_unusable_options_are_refused(options):
    """Catches 95 taken for 0.95 and an interval of no draws."""
    with pytest.raises(ValueError, match=r"level|resample"):
        bootstrap_interval([1.0, 2.0], "ab", **options)


class TestMeanInterval:
    def test_it_is_of_the_mean_over_topics(self):
        # Catches the mean of group means, which would be 0.5, for the interval of a mAP.
        found = mean_interval([1, 1, 1, 0], ["a", "a", "a", "b"])
        assert found.mean == 0.75
        assert (found.low, found.high, found.groups) == (0, 1, 2)

    def test_groups_of_one_size_agree_with_the_other_bootstrap(self):
        # Catches draws of topics instead of landmarks.
        values, groups = [0.1, 0.3, 0.5, 0.9, 0.2, 0.4], list("aabbcc")
        ours, theirs = mean_interval(values, groups), bootstrap_interval(values, groups)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))

    @pytest.mark.parametrize("options", [{"level": 1}, {"resamples": 0}])
    def test_wrong_options_are_refused(self, options):
        with pytest.raises(ValueError, match=r"level|resample"):
            mean_interval([1.0], ["a"], **options)
