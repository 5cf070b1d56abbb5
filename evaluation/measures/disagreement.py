"""Which right answers one ranking finds early and another does not. Pure, no Django."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .protocols import Protocol
from .scoring import LabelledRanking

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FoundEarly:
    """The positives among a ranking's first `k`: positions, and their ranks from 1."""

    positions: IntArray
    ranks: IntArray


def found_early(labelled: LabelledRanking, protocol: Protocol, k: int) -> FoundEarly:
    """Return the positives among the first `k` results after removing the ignored, best first.

    As precision at `k` counts them. Raises ValueError for k < 1.
    """
    if k < 1:
        raise ValueError(f"a cut-off must be at least 1, got {k}")
    positives, ignored = labelled.split(protocol)
    # What is ignored can only push the k-th kept result down by as many places as there are.
    head = labelled.ranking[: k + ignored.size]
    kept = head[~np.isin(head, ignored)][:k]
    places = np.flatnonzero(np.isin(kept, positives))
    return FoundEarly(kept[places].astype(np.int64), places + 1)
