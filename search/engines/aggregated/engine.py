"""The aggregated engine: local features by words, in an inverted file.

Tolias, Avrithis & Jégou, "To Aggregate or not to Aggregate: Selective Match Kernels for Image
Search", ICCV 2013, as ASMK*: binarised residuals, aggregated for each word.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

import numpy as np
from django.core.exceptions import ImproperlyConfigured

from catalog.descriptors.local.aggregated import AggregatedDescriptor
from catalog.descriptors.local.aggregation import Aggregated
from catalog.descriptors.local.features import LocalFeatures, LocalFeaturesError
from catalog.vectors import Float32Array
from catalog.vectorstore import vectors_of

from ...index.array_file import ArrayFile
from ...index.ranking import Int64Array, largest, merge
from ..base import Answer, WordEngine, scanned
from ..following import FollowingEngine
from ..reading import last_change
from .postings import Postings, invert, joined, no_postings, open_postings
from .scoring import scores, weights_by_distance
from .snapshot import PostingsSnapshot

logger = logging.getLogger(__name__)

# Least and largest of each option.
RANGES = {"assigned": (1, 20), "alpha": (0.1, 20), "threshold": (0, 0.99)}
# Read before they are inverted: 80 MB of postings.
IMAGES_AT_A_TIME = 2000


class AggregatedEngine(FollowingEngine, WordEngine):
    """Compares a query's words with those of the images that share any of them.

    `assigned`: to how many words each feature of a query belongs. `alpha`: how much more a close
    match counts than a fair one; `threshold`: below which similarity none counts.
    Memory: 20 bytes a word of an image; arrays of more than a gigabyte are mapped from a file that
    all processes share.
    """

    def __init__(
        self,
        *,
        descriptor: AggregatedDescriptor,
        cache: bool = True,
        assigned: int = 5,
        alpha: float = 3,
        threshold: float = 0,
    ) -> None:
        self.check(assigned=assigned, alpha=alpha, threshold=threshold)
        super().__init__(descriptor=descriptor, cache=cache)
        self.assigned = assigned
        self.weights = weights_by_distance(alpha, threshold)

    @classmethod
    def check(cls, **options: Any) -> None:
        for name, (least, most) in RANGES.items():
            value = options.get(name, least)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            whole = name != "assigned" or isinstance(value, int)
            if not (is_number and whole and least <= value <= most):
                raise ImproperlyConfigured(
                    f"The aggregated engine has {name} {value!r}: from {least} to {most}."
                )

    def answer(
        self, queries: Sequence[LocalFeatures], k: int, *, within: frozenset[int] | None = None
    ) -> Answer:
        checked = self.checked_queries(queries, k)
        snapshot: PostingsSnapshot = self._snapshot
        ids = np.empty((len(checked), min(k, snapshot.count(within))), np.int64)
        similarities = np.empty(ids.shape, np.float32)
        for place, features in enumerate(checked):
            query = self.descriptor.aggregated(features, assigned=self.assigned)
            found = [
                best(part.ids[chosen], scores(part, query, self.weights)[chosen], k)
                for part in snapshot.parts
                if (chosen := part.chosen(within)).any()
            ]
            # `merge` sorts ascending.
            ids[place], nearness = merge([(a[None], -b[None]) for a, b in found], k, 1)
            similarities[place] = -nearness
        methods = scanned(len(checked))
        return Answer(ids, similarities, methods, snapshot.count(within), self.measure)

    def empty(self) -> Postings:
        return no_postings()

    def opened(self, file: ArrayFile) -> Postings:
        return open_postings(file)

    def snapshot_of(self, base: Postings) -> PostingsSnapshot:
        return PostingsSnapshot(base)

    def read(self, images: Sequence[int]) -> Iterable[tuple[int, list[int], list[Aggregated]]]:
        return read_aggregated(self.descriptor, images=images)

    def build(self) -> tuple[Postings, int]:
        revision, _ = last_change(None)
        pieces = [invert(*piece) for piece in read_aggregated(self.descriptor)]
        return joined(pieces) if pieces else self.empty(), revision


def read_aggregated(
    descriptor: AggregatedDescriptor, *, images: Sequence[int] | None = None
) -> Iterator[tuple[int, list[int], list[Aggregated]]]:
    """Yield what these images, or all, are ranked by, collection by collection, in pieces."""
    rows = vectors_of(descriptor.name).stream(descriptor.model_id, images=images)
    for collection, group in groupby(rows, key=lambda row: row[0]):
        while batch := list(islice(group, IMAGES_AT_A_TIME)):
            ids, found = [], []
            for _collection, pk, stored in batch:
                try:
                    found.append(descriptor.decode(stored))
                    ids.append(pk)
                except LocalFeaturesError as error:  # which stops no search
                    logger.warning("The words of image %d are damaged: %s.", pk, error)
            yield collection, ids, found


def best(ids: Int64Array, similarities: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
    """Return the `k` most similar of (N,), ties by id."""
    if k < len(ids):
        passed = similarities >= largest(similarities, k)
        ids, similarities = ids[passed], similarities[passed]
    order = np.lexsort((ids, -similarities))[:k]
    return ids[order], similarities[order]
