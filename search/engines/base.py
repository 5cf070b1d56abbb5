"""The contract of a search engine, which every back end keeps and one test class checks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from catalog.descriptors import Descriptor
from catalog.vectors import Float32Array

from ..geometry.outcome import Verification

Int64Array = npt.NDArray[np.int64]

# How an answer was found: by measuring every vector, or by measuring some of them together with a
# proof that no other is nearer. Both are exact.
Method = Literal["scanned", "certified"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What `search` returns, how the answer to each query was found, and among how many vectors.

    All of it is of one moment: `count` is that of the very vectors that were ranked. `regions`
    (Q, K, 4) are the parts of the hits that were compared, (x1, y1, x2, y2) in shares of each
    picture's width and height; None where pictures were compared as a whole. `verifications` says
    of each query what geometry proved, where it was asked.
    """

    ids: Int64Array
    distances: Float32Array
    methods: tuple[Method, ...]
    count: int
    regions: Float32Array | None = None
    verifications: tuple[Verification, ...] | None = None


def scanned(queries: int) -> tuple[Method, ...]:
    """Return the methods of an answer that measured everything for each query."""
    method: Method = "scanned"
    return (method,) * queries


class SearchEngine(ABC):
    """Answers nearest-neighbour queries over the stored vectors of one descriptor.

    Only vectors of the descriptor's current model id take part: numbers made by different
    weights have no meaningful distance. Safe to use from several threads.
    """

    def __init__(self, *, descriptor: Descriptor) -> None:
        self.descriptor = descriptor

    @abstractmethod
    def sync(self) -> None:
        """Bring the engine in step with the database; cheap when nothing changed.

        Afterwards every row that any process committed before the call is found.
        """

    @abstractmethod
    def count(self, *, within: int | None = None) -> int:
        """How many vectors take part, in the collection with primary key `within` or in all."""

    @abstractmethod
    def answer(self, queries: npt.ArrayLike, k: int, *, within: int | None = None) -> Answer:
        """Return the `k` nearest rows of each query, as of the last `sync()`.

        `queries` is (Q, D) float32 unit vectors; `within` the primary key of a collection, or
        None for all. The answer has image ids (Q, K) int64 and Euclidean distances (Q, K) float32
        in [0, 2], ascending, ties by id; K is `k` or the number of rows where that is smaller.
        Raises `ValueError` for queries of another shape or not finite, and for `k` below 1.
        """

    def search(
        self, queries: npt.ArrayLike, k: int, *, within: int | None = None
    ) -> tuple[Int64Array, Float32Array]:
        """Return the ids and distances of `answer`."""
        answer = self.answer(queries, k, within=within)
        return answer.ids, answer.distances

    @classmethod  # noqa: B027 (most engines need nothing)
    def check(cls) -> None:
        """Raise `ImproperlyConfigured` where something that the engine needs is not installed."""

    def checked_queries(self, queries: npt.ArrayLike, k: int) -> Float32Array:
        """Return `queries` as a contiguous float32 array (Q, D); raises `ValueError`."""
        array = np.ascontiguousarray(queries, dtype=np.float32)
        if array.ndim != 2 or array.shape[1] != self.descriptor.dim:
            raise ValueError(f"queries must be (Q, {self.descriptor.dim}), not {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError("queries must be finite")
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        return array
