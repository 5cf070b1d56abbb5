"""The contract of a search engine, which every back end keeps and one test class checks."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from catalog.descriptors import Descriptor, PictureDescriptor
from catalog.descriptors.local.aggregated import AggregatedDescriptor
from catalog.descriptors.local.features import LocalFeatures
from catalog.vectors import Float32Array

from ..geometry.outcome import Verification

Int64Array = npt.NDArray[np.int64]

# What an answer's scores say: how far a hit is (0 is the same) or how like it is (1 is the same).
Measure = Literal["distance", "similarity"]

# How an answer was found: by measuring every vector, or by measuring some of them together with a
# proof that no other is nearer. Both are exact.
Method = Literal["scanned", "certified"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What `search` returns, how the answer to each query was found, and among how many vectors.

    All of it is of one moment: `count` is that of the very rows that were ranked. `scores` (Q, K),
    best first, are what `measure` says. `regions`
    (Q, K, 4) are the parts of the hits that were compared, (x1, y1, x2, y2) in shares of each
    picture's width and height; None where pictures were compared as a whole. `verifications` says
    of each query what geometry proved, where it was asked.
    """

    ids: Int64Array
    scores: Float32Array
    methods: tuple[Method, ...]
    count: int
    measure: Measure = "distance"
    regions: Float32Array | None = None
    verifications: tuple[Verification, ...] | None = None


def scanned(queries: int) -> tuple[Method, ...]:
    """Return the methods of an answer that measured everything for each query."""
    method: Method = "scanned"
    return (method,) * queries


class SearchEngine(ABC):
    """Answers nearest-neighbour queries over the stored descriptions of one descriptor.

    Only those of the descriptor's current model id take part: numbers made by different weights
    have no meaningful distance. What a query is depends on the kind of engine, and so does what
    its scores say, which is its `measure`. Safe to use from several threads.
    """

    measure: Measure

    def __init__(self, *, descriptor: PictureDescriptor) -> None:
        self.descriptor = descriptor

    @abstractmethod
    def sync(self) -> None:
        """Bring the engine in step with the database; cheap when nothing changed.

        Afterwards every row that any process committed before the call is found.
        """

    @abstractmethod
    def count(self, *, within: frozenset[int] | None = None) -> int:
        """How many rows take part, in the collections with primary keys `within` or in all."""

    @abstractmethod
    def answer(self, queries: Any, k: int, *, within: frozenset[int] | None = None) -> Answer:
        """Return the `k` best rows of each query, as of the last `sync()`.

        `queries` are what the descriptor's `asked_by` gives for Q pictures; `within` the primary
        keys of collections, or None for all. The answer has image ids (Q, K) int64 and scores
        (Q, K) float32, best first, ties by id; K is `k` or the number of rows where that is
        smaller. Raises `ValueError` for queries of another kind, and for `k` below 1.
        """

    def search(
        self, queries: Any, k: int, *, within: frozenset[int] | None = None
    ) -> tuple[Int64Array, Float32Array]:
        """Return the ids and scores of `answer`."""
        answer = self.answer(queries, k, within=within)
        return answer.ids, answer.scores

    @classmethod
    @abstractmethod
    def takes(cls, descriptor: PictureDescriptor) -> bool:
        """Whether it can search by this descriptor."""

    @classmethod  # noqa: B027 (most engines need nothing)
    def check(cls, **options: Any) -> None:
        """Raise `ImproperlyConfigured` where something that the engine needs is not installed.

        And where one of the declaration's `options` is out of range.
        """


class VectorEngine(SearchEngine):
    """Searches unit vectors: queries are (Q, D) float32, scores Euclidean distances in [0, 2]."""

    measure = "distance"
    descriptor: Descriptor

    @classmethod
    def takes(cls, descriptor: PictureDescriptor) -> bool:
        return isinstance(descriptor, Descriptor)

    def checked_queries(self, queries: npt.ArrayLike, k: int) -> Float32Array:
        """Return `queries` as a contiguous float32 array (Q, D); raises `ValueError`."""
        array = np.ascontiguousarray(queries, dtype=np.float32)
        if array.ndim != 2 or array.shape[1] != self.descriptor.dim:
            raise ValueError(f"queries must be (Q, {self.descriptor.dim}), not {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError("queries must be finite")
        check_depth(k)
        return array


class WordEngine(SearchEngine):
    """Searches by words: queries are Q `LocalFeatures`, scores similarities in [0, 1]."""

    measure = "similarity"
    descriptor: AggregatedDescriptor

    @classmethod
    def takes(cls, descriptor: PictureDescriptor) -> bool:
        return isinstance(descriptor, AggregatedDescriptor)

    def checked_queries(self, queries: Sequence[LocalFeatures], k: int) -> list[LocalFeatures]:
        """Return the queries as a list; raises `ValueError`."""
        found = list(queries)
        if not all(isinstance(query, LocalFeatures) for query in found):
            raise ValueError("queries must be sets of local features")
        check_depth(k)
        return found


def check_depth(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
