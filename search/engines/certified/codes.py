"""Search in eight-bit codes with faiss, and exact answers proven from it. No Django.

faiss is imported where it is first used: it is an optional package.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

from ...index.ranking import BoolArray, Int64Array, exact_distances
from ...index.rows import Rows
from .bounds import Bounds, CodeArray, QueryCodes

Float64Array = npt.NDArray[np.float64]

# A first pass over fewer rows costs less than handing half of them to another thread.
ROWS_PER_THREAD = 4096

# Each further attempt looks at so many times as many rows.
WIDENING = 8

# Above this share of the rows, scanning all of them costs less than picking from them.
LARGE_SHARE = 0.125


class CodeSearch:
    """Finds the largest products of codes (N, D), which may be mapped from a file."""

    def __init__(self, codes: CodeArray, *, threads: int) -> None:
        self._codes, self._threads = codes, threads
        self._indexes: dict[tuple[int, int], Any] = {}
        self._pool: tuple[int, ThreadPoolExecutor] | None = None

    def best(
        self, queries: Float32Array, count: int, part: slice
    ) -> tuple[Float32Array, Int64Array]:
        """Return the `count` largest products and their positions, both (Q, count).

        `queries` are codes (Q, D) as float32, `part` the rows to search, of which there must be
        at least `count`. Products descend; every row that is not returned has none larger.
        """
        ranges = self._ranges(part)
        if len(ranges) == 1:
            return self._search(queries, count, ranges[0])
        found = list(self._threadpool().map(lambda r: self._search(queries, count, r), ranges))
        products = np.concatenate([products for products, _ in found], axis=1)
        rows = np.concatenate([rows for _, rows in found], axis=1)
        order = np.argsort(-products, axis=1, kind="stable")[:, :count]
        return np.take_along_axis(products, order, 1), np.take_along_axis(rows, order, 1)

    def _ranges(self, part: slice) -> list[tuple[int, int]]:
        size = part.stop - part.start
        pieces = max(1, min(self._threads, size // ROWS_PER_THREAD))
        edges = [part.start + size * piece // pieces for piece in range(pieces + 1)]
        return list(pairwise(edges))

    def _search(
        self, queries: Float32Array, count: int, rows: tuple[int, int]
    ) -> tuple[Float32Array, Int64Array]:
        index = self._indexes.get(rows) or self._indexes.setdefault(rows, self._view(*rows))
        products, places = index.search(queries, min(count, rows[1] - rows[0]))
        return products, places + rows[0]

    def _view(self, start: int, stop: int) -> Any:
        """Return a faiss index over some of the codes, without a copy of them."""
        faiss = load_faiss()
        codes = self._codes[start:stop]
        quantizer = faiss.ScalarQuantizer.QT_8bit_direct
        index = faiss.IndexScalarQuantizer(codes.shape[1], quantizer, faiss.METRIC_INNER_PRODUCT)
        # The owner is an empty pointer: this object keeps the codes, and outlives the index.
        owner = faiss.MaybeOwnedVectorUInt8().owner
        index.codes = faiss.MaybeOwnedVectorUInt8.create_view(
            faiss.swig_ptr(codes), codes.size, owner
        )
        index.ntotal = len(codes)
        return index

    def _threadpool(self) -> ThreadPoolExecutor:
        # Threads do not survive a fork: a server that forks after loading needs its own.
        if self._pool is None or self._pool[0] != os.getpid():
            self._pool = (
                os.getpid(),
                ThreadPoolExecutor(self._threads, "codes", initializer=one_thread_each),
            )
        return self._pool[1]


@dataclass(frozen=True, slots=True)
class Coded:
    """The codes of some rows, ready to be searched, and what holds for them."""

    search: CodeSearch
    bounds: Bounds


def one_thread_each() -> None:
    """Keep faiss from starting threads of its own in this one: the ranges are its threads."""
    load_faiss().omp_set_num_threads(1)


def load_faiss() -> Any:
    """Import faiss, which takes a tenth of a second; raises `ImportError`."""
    return import_module("faiss")


def certified(
    *,
    coded: Coded,
    rows: Rows,
    part: slice,
    ids: Int64Array,
    alive: BoolArray,
    queries: Float32Array,
    k: int,
    rerank: int,
) -> list[tuple[Int64Array, Float32Array] | None]:
    """Return for each query the ids and distances of its `k` nearest living rows, or None.

    None where it could not be proven that no other row of `part` belongs among them: a scan must
    answer. `part` must have at least `k` living rows. Looks at `rerank` rows first, of few rows at
    fewer, measures those that may be among the nearest, and looks further where that proves too
    little.
    """
    found: list[tuple[Int64Array, Float32Array] | None] = [None] * len(queries)
    query_codes = [QueryCodes(query, coded.bounds) for query in queries]
    most = int(LARGE_SHARE * (part.stop - part.start))
    count = max(min(rerank, most), 2 * k)
    while count <= most and None in found:
        unproven = [query for query, answer in enumerate(found) if answer is None]
        codes = np.stack([query_codes[query].codes for query in unproven])
        products, places = coded.search.best(codes, count, part)
        for query, product, place in zip(unproven, products, places, strict=True):
            living = alive[place]
            found[query] = prove(
                query_codes[query],
                k,
                products=product[living],
                places=place[living],
                rest=float(product[-1]),
                measure=partial(exact_distances, rows.take, query=queries[query]),
                ids=ids,
            )
        count *= WIDENING
    return found


def prove(
    query: QueryCodes,
    k: int,
    *,
    products: Float32Array,
    places: Int64Array,
    rest: float,
    measure: Callable[[Int64Array], Float32Array],
    ids: Int64Array,
) -> tuple[Int64Array, Float32Array] | None:
    """Return the ids and distances of the `k` nearest rows; None where that is not proven.

    `products` descend and go with `places`; no other row has a product above `rest`. Measures
    only rows that may be among the nearest.
    """
    if len(places) < k:
        return None
    first = min(len(places), k)
    distances = measure(places[:first])
    least = query.least_product(np.partition(distances, k - 1)[k - 1])
    # Descending: the rows that may be nearer come first.
    descending = -products.astype(np.float64)
    possible = max(first, int(np.searchsorted(descending, -least, side="right")))
    distances = np.concatenate([distances, measure(places[first:possible])])
    order = np.lexsort((ids[places[:possible]], distances))[:k]
    if not rest < query.least_product(distances[order[-1]]):
        return None
    return ids[places[order]], distances[order]
