"""Is the difference between two runs more than chance? Pure NumPy.

Topics of one landmark share their judgements, so they are not independent observations: both
functions average the differences within each group first and treat the group means as the data.
Every group weighs the same, whatever its size.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MAX_EXACT_GROUPS = 20
SAMPLED_FLIPS = 100_000
# Draws held in memory at once, in numbers.
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class SignFlipTest:
    """`mean`: mean of the group means; `p_value`: two-sided, in (0, 1]; `patterns`: sign patterns
    that were looked at; `exact`: whether these were all of them."""

    mean: float
    p_value: float
    groups: int
    patterns: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """A bootstrap confidence interval [low, high] of `mean`, the mean of the group means."""

    mean: float
    low: float
    high: float
    level: float
    groups: int
    resamples: int
    seed: int


def group_means(differences: npt.ArrayLike, groups: Sequence[Hashable]) -> FloatArray:
    """Mean difference of each group, (G,) float64, in order of first appearance.

    `differences`: (N,) real numbers, one a topic (run A minus run B); `groups`: N labels. Raises
    ValueError for other shapes, no topics, and numbers that are not finite.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or values.size != len(groups):
        raise ValueError(f"{len(groups)} group labels for differences of shape {values.shape}")
    if not values.size:
        raise ValueError("no differences to compare")
    if not np.isfinite(values).all():
        raise ValueError("differences must be finite")
    number = {label: index for index, label in enumerate(dict.fromkeys(groups))}
    index = np.array([number[label] for label in groups])
    return np.bincount(index, weights=values) / np.bincount(index)


def sign_flip_test(
    differences: npt.ArrayLike, groups: Sequence[Hashable], *, seed: int = 0
) -> SignFlipTest:
    """Two-sided sign-flip permutation test of "the two runs are equally good".

    If they are, each group mean could as well have had the other sign. The p-value is the share of
    the 2^G sign patterns whose mean is at least as far from 0 as the one observed (which is one of
    them). Up to 20 groups all patterns are counted; above, 100,000 seeded random ones and the
    observed one. Source: Fisher, "The Design of Experiments", 1935, section 21. Raises ValueError
    as `group_means`.
    """
    means = group_means(differences, groups)
    exact = means.size <= MAX_EXACT_GROUPS
    sums = _all_sums(means) if exact else _sampled_sums(means, np.random.default_rng(seed))
    # Sums of the same numbers in another order differ in the last bits; they must count as equal.
    slack = 1e-12 * float(np.abs(means).sum())
    extreme = int(np.count_nonzero(np.abs(sums) >= abs(float(means.sum())) - slack))
    return SignFlipTest(
        mean=float(means.mean()),
        p_value=extreme / sums.size,
        groups=int(means.size),
        patterns=int(sums.size),
        exact=exact,
    )


def _all_sums(means: FloatArray) -> FloatArray:
    """The sums under all sign patterns, (2^G,), the observed one first."""
    sums = np.zeros(1)
    for mean in means:
        sums = np.concatenate([sums + mean, sums - mean])
    return sums


def _sampled_sums(means: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The observed sum and those under random sign patterns, (1 + SAMPLED_FLIPS,)."""
    rows = max(1, _CHUNK // means.size)
    parts = [np.array([means.sum()])]
    for start in range(0, SAMPLED_FLIPS, rows):
        shape = (min(rows, SAMPLED_FLIPS - start), means.size)
        parts.append((rng.integers(0, 2, shape) * 2 - 1) @ means)
    return np.concatenate(parts)


def bootstrap_interval(
    differences: npt.ArrayLike,
    groups: Sequence[Hashable],
    *,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of the mean difference, drawing whole groups.

    The same seed gives the same interval. Source: Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993, section 13.3. Raises ValueError as `group_means`, for a level outside (0, 1)
    and for fewer than 1 resample.
    """
    if not 0 < level < 1:
        raise ValueError(f"the level must lie between 0 and 1, got {level}")
    if resamples < 1:
        raise ValueError(f"at least 1 resample is needed, got {resamples}")
    means = group_means(differences, groups)
    rng = np.random.default_rng(seed)
    rows = max(1, _CHUNK // means.size)
    drawn = [
        means[rng.integers(0, means.size, (min(rows, resamples - start), means.size))].mean(axis=1)
        for start in range(0, resamples, rows)
    ]
    low, high = np.quantile(np.concatenate(drawn), [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        mean=float(means.mean()),
        low=float(low),
        high=float(high),
        level=level,
        groups=int(means.size),
        resamples=resamples,
        seed=seed,
    )


def mean_interval(
    values: npt.ArrayLike,
    groups: Sequence[Hashable],
    *,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of the mean of `values`, drawing whole groups.

    Where `bootstrap_interval` gives every group the same weight, this mean is over all values, as
    a mAP is over all topics: of the groups drawn, the sum of their values is divided by their
    number. `values`: (N,) real numbers, one a topic; `groups`: N labels. Raises as
    `bootstrap_interval`.
    """
    if not 0 < level < 1:
        raise ValueError(f"the level must lie between 0 and 1, got {level}")
    if resamples < 1:
        raise ValueError(f"at least 1 resample is needed, got {resamples}")
    means = group_means(values, groups)
    number = {label: index for index, label in enumerate(dict.fromkeys(groups))}
    sizes = np.bincount([number[label] for label in groups])
    sums = means * sizes
    rng = np.random.default_rng(seed)
    rows = max(1, _CHUNK // means.size)
    parts = []
    for start in range(0, resamples, rows):
        drawn = rng.integers(0, means.size, (min(rows, resamples - start), means.size))
        parts.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(parts), [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        mean=float(sums.sum() / sizes.sum()),
        low=float(low),
        high=float(high),
        level=level,
        groups=int(means.size),
        resamples=resamples,
        seed=seed,
    )
