"""How near is near: a query's distances to a whole collection; hits have the smallest. Pure.

A distance by itself says little: it depends on the descriptor, and on the query. What can be told
is how far a hit stands from the ordinary pictures of the very collection.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from catalog.vectors import Float32Array

# Below this, a collection has no distribution to speak of.
FEWEST = 50
# Of a normal distribution, the standard deviation in median absolute deviations.
DEVIATIONS = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Sorted distances (S,) from a query to a sample of a collection of `count` pictures.

    The median and the median absolute deviation describe them, which the few pictures that are
    really similar do not move.
    """

    distances: Float32Array
    count: int

    @property
    def median(self) -> float:
        return float(np.median(self.distances))

    @property
    def deviation(self) -> float:
        """What would be the standard deviation if the distances were normal."""
        return DEVIATIONS * float(np.median(np.abs(self.distances - self.median)))

    def farther(self, distance: float) -> float:
        """Return the share of the collection that is farther than this, in [0, 1]."""
        nearer = int(np.searchsorted(self.distances, np.float32(distance), side="right"))
        return 1 - nearer / len(self.distances)

    def nearness(self, distance: float) -> float:
        """Return 1 for the same picture, 0 for what is as far as the ordinary one, or farther."""
        return min(1.0, max(0.0, 1 - distance / self.median)) if self.median else 0.0

    def stands_out(self, distance: float) -> bool:
        """Whether a hit is nearer than the nearest of `count` pictures is by chance.

        By chance means: of as many draws from a normal distribution, the expected place of the
        smallest. No fixed distance decides, and what is expected grows with the collection.
        """
        expected = NormalDist().inv_cdf(1 - 1 / (self.count + 1))
        return self.median - distance > expected * self.deviation


def background(rows: Float32Array, query: Float32Array, count: int) -> Background | None:
    """Return the background of a unit query (D,) before unit rows (S, D) of `count` pictures.

    None where there are too few of them to tell.
    """
    if len(rows) < FEWEST:
        return None
    squares = np.maximum(2 - 2 * (rows @ query), 0)
    return Background(np.sort(np.sqrt(squares)).astype(np.float32), count)
