"""Which features of two pictures look alike: mutual nearest neighbours that stand out. Pure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

Int64Array = npt.NDArray[np.int64]

# What rounding makes of a distance of 0.
TINY = np.float32(1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Match i ties feature `query[i]` of one picture to `hit[i]` of another, each at most once.

    `ratios` (M,) float32 in [0, 1]: the nearest one's distance over the second nearest's; small
    ones stand out. The arrays have the same length.
    """

    query: Int64Array
    hit: Int64Array
    ratios: Float32Array

    def __len__(self) -> int:
        return len(self.query)

    def take(self, chosen: npt.NDArray[np.bool_] | Int64Array) -> "Matches":
        return Matches(self.query[chosen], self.hit[chosen], self.ratios[chosen])


def match(query: Float32Array, hit: Float32Array, *, ratio: float, fewest: int) -> Matches:
    """Match the unit descriptors (N, 128) and (M, 128) of two pictures.

    A feature's nearest counts if it is nearer than `ratio` times the second nearest (Lowe,
    "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004, section 7.1) and the
    feature is that one's nearest, too. Where fewer than `fewest` pass the first test the second is
    left out, and there are no matches: most pairs of pictures end there.
    """
    none = Matches(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    if len(query) < fewest or len(hit) < max(2, fewest):
        return none
    products = query @ hit.T
    rows = np.arange(len(query))
    nearest = products.argmax(axis=1)
    first = products[rows, nearest]
    products[rows, nearest] = -1
    second = products.max(axis=1)
    products[rows, nearest] = first
    # Of unit vectors: squared distance 2 - 2p. Two that are both the very same do not stand out.
    ratios = np.sqrt((np.maximum(1 - first, 0) + TINY) / (np.maximum(1 - second, 0) + TINY))
    good = np.flatnonzero(ratios < ratio)
    if len(good) < fewest:
        return none
    columns = nearest[good]
    mutual = first[good] >= products[:, columns].max(axis=0)
    good, columns = good[mutual], columns[mutual]
    # Two features with the very same descriptor are both nearest: the first one counts.
    columns, once = np.unique(columns, return_index=True)
    return Matches(good[once], columns, ratios[good[once]].astype(np.float32))
