"""How like a query images are by the words that they share. Pure: NumPy only.

Tolias, Avrithis & Jégou, "To Aggregate or not to Aggregate: Selective Match Kernels for Image
Search", ICCV 2013: a word that both have counts sim^alpha, where sim in [-1, 1] is 1 minus twice
the share of bits in which the codes differ, and nothing below a threshold; the sum is divided by
the roots of how many words each has. So a picture has 1 with itself.
"""

import numpy as np

from catalog.descriptors.local.aggregation import CODE_BYTES, Aggregated
from catalog.vectors import Float32Array

from .postings import Postings, halves

BITS = 8 * CODE_BYTES
# Postings compared at a time: what they take on the way stays in a core's cache.
AT_ONCE = 1 << 14


def weights_by_distance(alpha: float, threshold: float) -> np.ndarray:
    """Return what codes that differ in 0 to 128 bits count: (129,) float64.

    `threshold` is in [0, 1).
    """
    similarity = np.maximum(1 - 2 * np.arange(BITS + 1) / BITS, 0)
    return np.where(similarity >= threshold, similarity**alpha, 0)


def scores(postings: Postings, query: Aggregated, weights: np.ndarray) -> Float32Array:
    """Return the similarity in [0, 1] of every image (N,) to a query, dead ones included.

    A step of Python for each word, none for a posting. On one thread: steps are so short that
    several would mostly wait for the interpreter's lock.
    """
    sums = np.zeros(len(postings.ids))
    shared, starts, stops = shared_words(postings, query)
    if len(shared):
        first, second = (half[shared] for half in halves(query.codes))
        Comparing(postings, int((stops - starts).max()), weights, sums).add(
            first, second, starts, stops
        )
    lengths = postings.lengths.astype(np.float64) * max(1, len(query))
    return (sums / np.sqrt(np.maximum(lengths, 1))).astype(np.float32)


def shared_words(
    postings: Postings, query: Aggregated
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return places of the query's words that any image has, and from where to where these lie."""
    places = np.searchsorted(postings.words, query.words)
    there = places < len(postings.words)
    there[there] = postings.words[places[there]] == query.words[there]
    found = places[there]
    return np.flatnonzero(there), postings.starts[found], postings.starts[found + 1]


class Comparing:
    """Compares a query's codes with postings, and adds what they count to `sums` (N,) float64."""

    def __init__(
        self, postings: Postings, longest: int, weights: np.ndarray, sums: np.ndarray
    ) -> None:
        self.postings, self.weights, self.sums = postings, weights, sums
        room = AT_ONCE + longest
        self.rows, self.counted = np.empty(room, np.int64), np.empty(room)
        self.first, self.second = np.empty(room, np.uint64), np.empty(room, np.uint64)
        self.differ, self.also = np.empty(room, np.uint8), np.empty(room, np.uint8)

    def add(
        self, first: np.ndarray, second: np.ndarray, starts: np.ndarray, stops: np.ndarray
    ) -> None:
        """Compare the halves of U codes with the postings from `starts` to `stops` (U,) of each."""
        postings, used = self.postings, 0
        words = zip(first, second, starts.tolist(), stops.tolist(), strict=True)
        for one, two, start, stop in words:
            place = slice(used, used + stop - start)
            np.bitwise_xor(postings.first[start:stop], one, out=self.first[place])
            np.bitwise_xor(postings.second[start:stop], two, out=self.second[place])
            self.rows[place] = postings.rows[start:stop]
            used = place.stop
            if used >= AT_ONCE:
                self.count(used)
                used = 0
        self.count(used)

    def count(self, used: int) -> None:
        """Add what was compared."""
        differ, counted = self.differ[:used], self.counted[:used]
        np.bitwise_count(self.first[:used], out=differ)
        np.bitwise_count(self.second[:used], out=self.also[:used])
        np.add(differ, self.also[:used], out=differ)
        np.take(self.weights, differ, out=counted, mode="clip")  # which alone needs no copy
        np.add.at(self.sums, self.rows[:used], counted)
