"""How good a ranking is. Pure functions on NumPy arrays; no Django, no input or output.

`judge` turns a ranking of ids into a `Judged`; every metric takes that. Metrics are in [0, 1], and
None for a topic without positives: nothing can be said about it, and a 0 would lower the mean.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Ids = npt.ArrayLike | Collection[int]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A ranking with what is known about it, best first.

    `relevant`, `ignored`: (N,) bool, never both. `gains`: (N,) float64, the relevance level of each
    ranked item, 0 where it is not relevant. `ideal`: (R,) float64, the levels of all R positives,
    retrieved or not, highest first.
    """

    relevant: BoolArray
    ignored: BoolArray
    gains: FloatArray
    ideal: FloatArray

    @property
    def n_positives(self) -> int:
        """R, the number of positives, retrieved or not."""
        return int(self.ideal.size)

    def kept(self) -> BoolArray:
        """`relevant` of the ranking with the ignored items removed: (M,) bool, M <= N."""
        return self.relevant[~self.ignored]

    def hits(self) -> IntArray:
        """0-based ranks of the retrieved positives after removing the ignored: (J,) int64."""
        return np.flatnonzero(self.kept())

    def top(self, k: int) -> "Judged":
        """The same with only the first `k` results, ignored ones included. R stays."""
        return Judged(self.relevant[:k], self.ignored[:k], self.gains[:k], self.ideal)


def judge(
    ranking: npt.ArrayLike,
    positives: Ids,
    ignored: Ids = (),
    *,
    levels: Mapping[int, float] | None = None,
) -> Judged:
    """Look up a ranking's items among the positives and the ignored.

    `ranking`: (N,) integer ids, best first, each at most once. `positives`, `ignored`: ids in any
    order; repeated ones count once; they need not occur in the ranking. `levels`: positive id to
    relevance level > 0; without it every positive has level 1. Small dense ids (positions rather
    than database keys) make the look-up a table access.

    Raises ValueError for another shape or dtype, a positive that is ranked twice, an id that is
    positive and ignored, and levels that are missing or not positive.
    """
    ranked = _ids(ranking)
    right, left_out = np.unique(_ids(positives)), np.unique(_ids(ignored))
    both = np.intersect1d(right, left_out, assume_unique=True)
    if both.size:
        raise ValueError(f"id {both[0]} is both positive and ignored")
    relevant = np.isin(ranked, right)
    found = ranked[relevant]
    if np.unique(found).size != found.size:
        raise ValueError("a positive is ranked twice")
    if levels is None:
        gains, ideal = relevant.astype(np.float64), np.ones(right.size)
    else:
        by_id = _levels(right, levels)
        gains = np.zeros(ranked.size)
        gains[relevant] = by_id[np.searchsorted(right, found)]
        ideal = np.sort(by_id)[::-1]
    return Judged(relevant, np.isin(ranked, left_out), gains, ideal)


def _ids(values: Ids) -> IntArray:
    listed = list(values) if isinstance(values, set | frozenset) else values
    array = np.asarray(listed)
    if array.size == 0 and array.ndim == 1:
        return np.empty(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"expected a row of integer ids, got {array.dtype} {array.shape}")
    return array.astype(np.int64, copy=False)


def _levels(ids: IntArray, levels: Mapping[int, float]) -> FloatArray:
    try:
        values = np.array([levels[int(item)] for item in ids], dtype=np.float64)
    except KeyError as error:
        raise ValueError(f"positive {error.args[0]} has no relevance level") from None
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise ValueError("relevance levels of positives must be finite and above 0")
    return values


def _precisions(hits: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return, for each hit, the precision one rank above it (1 at the top) and at it."""
    count = np.arange(hits.size)
    before = np.where(hits == 0, 1.0, count / np.maximum(hits, 1))
    return before, (count + 1) / (hits + 1)


def average_precision(judged: Judged) -> float | None:
    """Area under the precision-recall curve by trapezoids, as the Oxford benchmark defines AP.

    With the j-th retrieved positive (j = 0, 1, ...) at rank r_j, counted from 0 after removing
    the ignored, AP = sum over j of [b_j + (j + 1) / (r_j + 1)] / (2 R), where b_j = 1 if r_j = 0,
    else j / r_j. Positives that were not retrieved add 0. Source: Philbin et al., CVPR 2007, and
    the benchmark's scoring program.
    """
    if not judged.n_positives:
        return None
    before, at = _precisions(judged.hits())
    return float((before + at).sum() / (2 * judged.n_positives))


def average_precision_at(judged: Judged, k: int) -> float | None:
    """`average_precision` of somebody who sees the first `k` results and nothing else.

    The cut comes before the ignored are removed, and R stays the number of all positives, so a
    perfect ranking has less than 1 where R > k.
    """
    _check_cutoff(k)
    return average_precision(judged.top(k))


def trec_average_precision(judged: Judged) -> float | None:
    """Mean over all R positives of the precision at their ranks: trec_eval's `map` of a topic.

    The sum of (j + 1) / (r_j + 1), divided by R; the ignored are removed first. Source: Buckley and
    Voorhees, "Retrieval System Evaluation", in TREC (MIT Press, 2005).
    """
    if not judged.n_positives:
        return None
    return float(_precisions(judged.hits())[1].sum() / judged.n_positives)


def precision_at(judged: Judged, k: int) -> float | None:
    """Share of positives among the first `k` after removing the ignored: trec_eval's `P_k`.

    Divides by `k` even where fewer were retrieved. Raises ValueError for k < 1.
    """
    _check_cutoff(k)
    if not judged.n_positives:
        return None
    return float(np.count_nonzero(judged.kept()[:k]) / k)


def revisited_precision_at(judged: Judged, k: int) -> float | None:
    """P@k as the revisited Oxford and Paris benchmarks define it.

    Looks at the first min(k, rank of the last retrieved positive) results after removing the
    ignored, so that topics with fewer than `k` positives can reach 1; 0 where none was retrieved.
    Source: Radenović et al., CVPR 2018, and its scoring program. Raises ValueError for k < 1.
    """
    _check_cutoff(k)
    if not judged.n_positives:
        return None
    ranks = judged.hits() + 1
    if not ranks.size:
        return 0.0
    depth = min(k, int(ranks[-1]))
    return float(np.count_nonzero(ranks <= depth) / depth)


def r_precision(judged: Judged) -> float | None:
    """Precision at R, the number of positives, after removing the ignored: trec_eval's `Rprec`."""
    return precision_at(judged, judged.n_positives) if judged.n_positives else None


def ndcg(judged: Judged) -> float | None:
    """Normalised discounted cumulative gain over the whole ranking: trec_eval's `ndcg`.

    The gain is the relevance level itself, divided by log2(rank + 1) with ranks from 1 after
    removing the ignored; the ideal ranking holds all R positives. Source: Järvelin and Kekäläinen,
    "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002.
    """
    if not judged.n_positives:
        return None
    gains = judged.gains[~judged.ignored]
    # Rounding could lift a perfect ranking above 1: the two sums have different lengths.
    return min(1.0, _discounted(gains) / _discounted(judged.ideal))


def _discounted(gains: FloatArray) -> float:
    at = np.flatnonzero(gains)
    return float((gains[at] / np.log2(at + 2.0)).sum())


def _check_cutoff(k: int) -> None:
    if k < 1:
        raise ValueError(f"a cut-off must be at least 1, got {k}")


def interpolated_precision(judged: Judged, points: int = 11) -> FloatArray | None:
    """Interpolated precision at `points` evenly spaced recalls 0 ... 1: (points,) float64.

    At recall r it is the highest precision at any rank whose recall is at least r, and 0 where
    that recall is never reached. Source: Manning, Raghavan, Schütze, "Introduction to Information
    Retrieval", section 8.4. (trec_eval asks for int(r R + 0.9) positives instead of ceil(r R);
    the two differ where r R lies less than 0.1 above an integer.) Raises ValueError below 2 points.
    """
    if points < 2:
        raise ValueError(f"a curve needs at least 2 points, got {points}")
    if not judged.n_positives:
        return None
    at = _precisions(judged.hits())[1]
    best = np.zeros(judged.n_positives)
    best[: at.size] = np.maximum.accumulate(at[::-1])[::-1]
    # Whole numbers: 0.7 * 10 is not 7 in floating point, and one positive more would be asked for.
    needed = -(-np.arange(points) * judged.n_positives // (points - 1))
    return best[np.maximum(needed, 1) - 1]


def recall_precision_curve(
    topics: Iterable[Judged], points: int = 11
) -> tuple[FloatArray, FloatArray] | None:
    """Mean interpolated precision over the topics that have positives.

    Returns (recall, precision), each (points,) float64 in [0, 1], or None without such topics.
    """
    curves = [interpolated_precision(judged, points) for judged in topics]
    known = [curve for curve in curves if curve is not None]
    if not known:
        return None
    return np.linspace(0.0, 1.0, points), np.mean(known, axis=0)


def legacy_2021(ordered_good: Sequence[Hashable], top: Collection[Hashable]) -> float | None:
    """The figure that the original system published as mAP. It is not an average precision.

    With G the label file's names in file order and T the names of the first 30 results (query by
    the full image): the mean over i = 1 ... |G| of |{G_1 ... G_i} in T| / i. The order of T has no
    influence and the order of the label file has, so it only compares with itself. Repeated names
    in G count once; None where G is empty.
    """
    ordered = list(dict.fromkeys(ordered_good))
    if not ordered:
        return None
    wanted = frozenset(top)
    found = np.cumsum([name in wanted for name in ordered])
    return float(np.mean(found / np.arange(1, len(ordered) + 1)))


def mean_average_precision(aps: Iterable[float | None]) -> float | None:
    """Mean over the topics that have positives (those not None); None where there are none."""
    known = [ap for ap in aps if ap is not None]
    return float(np.mean(known)) if known else None
