"""The nearest pairs of a collection, kept within bounds while more are found. Pure."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

Int64Array = npt.NDArray[np.int64]

# Nearer than this share of the usual distance two pictures are nearly the same. Measured with
# lite0 on 348 photographs of Oxford and on the 234 drawn pictures of the sample: 40 copies of each
# at half the size stay below 0.12 of it; the nearest of the pictures themselves, of one thing from
# one place on two days, are at 0.24 and 0.27.
NEARLY_SAME = 0.2
# What can be chosen on the page; beyond it are mostly different pictures of the same thing.
WIDEST = 0.5
# Of rows that are compared with each other to tell what is usual.
ROWS_COMPARED = 1000


@dataclass
class NearestPairs:
    """The `most` nearest of the pairs that were added, each once.

    `ids` (P, 2): the smaller number first; `distances` (P,). Up to twice as many are held, and a
    pair from both of its sides, until `in_order`.
    """

    most: int
    ids: Int64Array = field(default_factory=lambda: np.empty((0, 2), np.int64))
    distances: Float32Array = field(default_factory=lambda: np.empty(0, np.float32))

    def add(
        self, own: Int64Array, others: Int64Array, distances: Float32Array, widest: float
    ) -> None:
        """Add each image of `own` (Q,) with those of its `others` (Q, K) no farther than `widest`.

        What it is itself among the others is left out.
        """
        first = np.repeat(own, others.shape[1])
        second, apart = others.ravel(), distances.ravel()
        wanted = (first != second) & (apart <= widest)
        new = np.sort(np.stack([first[wanted], second[wanted]], axis=1), axis=1)
        self.ids = np.concatenate([self.ids, new])
        self.distances = np.concatenate([self.distances, apart[wanted]])
        # Sorting all of them for each block would take longer than comparing.
        if len(self.ids) > 2 * self.most:
            self.compact()

    def compact(self) -> None:
        """Hold each pair once, and the nearest only."""
        self.ids, once = np.unique(self.ids, axis=0, return_index=True)
        self.distances = self.distances[once]
        if len(self.ids) > self.most:
            nearest = np.argpartition(self.distances, self.most)[: self.most]
            self.ids, self.distances = self.ids[nearest], self.distances[nearest]

    @classmethod
    def from_bytes(cls, ids: bytes, distances: bytes) -> "NearestPairs":
        """Return what `as_bytes` gave."""
        pairs = np.frombuffer(ids, "<i8").reshape(-1, 2)
        return cls(len(pairs), pairs, np.frombuffer(distances, "<f4"))

    def as_bytes(self) -> tuple[bytes, bytes]:
        """Return ids and distances as little-endian int64 and float32."""
        return self.ids.astype("<i8").tobytes(), self.distances.astype("<f4").tobytes()

    def within(self, distance: float) -> dict[tuple[int, int], float]:
        """Return the distances of those that are no farther apart, by their numbers, in order."""
        near = self.distances <= distance
        keys = [(first, second) for first, second in self.ids[near].tolist()]
        return dict(zip(keys, self.distances[near].tolist(), strict=True))

    def in_order(self) -> "NearestPairs":
        """Return them, the nearest first; equals by their numbers."""
        self.compact()
        order = np.lexsort((self.ids[:, 1], self.ids[:, 0], self.distances))
        return NearestPairs(self.most, self.ids[order], self.distances[order])


def usual_distance(rows: Float32Array) -> float:
    """Return the median distance between two of these unit rows (N, D); 0 for fewer than two.

    Copies, few or many, hardly move it: of n pictures that are all there twice, n of the
    2n² - n pairs are copies.
    """
    some = rows[:: -(-len(rows) // ROWS_COMPARED) or 1]
    if len(some) < 2:
        return 0.0
    first, second = np.triu_indices(len(some), 1)
    similarities = (some @ some.T)[first, second]
    return float(np.median(np.sqrt(np.maximum(2 - 2 * similarities, 0))))
