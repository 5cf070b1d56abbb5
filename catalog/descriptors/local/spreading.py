"""Which points of a picture are kept: the strongest, spread over it. Pure: NumPy only."""

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

# Cells along the longer side.
CELLS = 8


def spread(
    positions: Float32Array,
    strengths: Float32Array,
    *,
    size: tuple[int, int],
    most: int,
    share: float,
) -> npt.NDArray[np.int64]:
    """Return which of the points (N, 2) to keep, at most `most`, the strongest first.

    A part `share` in [0, 1] of the places is divided evenly among the square cells of a grid, each
    of which takes its own strongest points; the strongest of all that is left take the rest. So a
    quiet part of a picture is not left without a point because a tree elsewhere has thousands.
    """
    order = np.argsort(-strengths, kind="stable")
    if len(order) <= most:
        return order
    side = max(size) / CELLS
    columns = int(np.ceil(size[0] / side))
    cell = (positions[order] // side).astype(np.int64) @ np.array([1, columns])
    rank = rank_in_group(cell)
    quota = int(share * most / len(np.unique(cell)))
    own = np.flatnonzero(rank < quota)
    rest = np.flatnonzero(rank >= quota)[: most - len(own)]
    return order[np.sort(np.concatenate([own, rest]))]


def rank_in_group(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return for each element how many of its own group (N,) stand before it."""
    by_group = np.argsort(groups, kind="stable")
    ordered = groups[by_group]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    ranks = np.empty(len(groups), np.int64)
    ranks[by_group] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return ranks
