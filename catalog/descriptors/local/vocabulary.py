"""Visual words: the centres of k-means clusters of descriptors. Pure: NumPy and faiss only.

Sivic & Zisserman, "Video Google: A Text Retrieval Approach to Object Matching in Videos", ICCV
2003; with approximate search for the nearest centre, as in Philbin et al., CVPR 2007, section 3.
"""

import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from catalog.vectors import Float32Array

from .aggregation import Int64Array

REQUIREMENTS = "requirements-faiss.txt"
# Up to this number of words all are compared with.
ALL_COMPARED = 4096
# Above, words lie in cells of this many on average, and the nearest cells are looked through by
# 4-bit codes, whose best few are compared exactly. Of 65,536 words that finds 98 % of the nearest
# five of 2,000 features in 33 ms, where comparing with all of them takes 300.
WORDS_A_CELL = 64
CELLS_LOOKED_THROUGH = 32
COMPARED_EXACTLY = 8
CELLS_WHILE_LEARNING = 8
ITERATIONS = 10


class FaissMissing(Exception):
    """The package faiss, which finds words, is not installed."""


class Vocabulary:
    """`centroids` (W, 128) float32. Safe to use from several threads."""

    def __init__(self, centroids: Float32Array) -> None:
        self.centroids = np.ascontiguousarray(centroids, dtype=np.float32)
        self._index: Any = None
        self._lock = threading.Lock()

    def assign(self, rows: Float32Array, number: int = 1) -> Int64Array:
        """Return the `number` nearest words (N, number) of descriptors (N, 128), nearest first.

        -1 where too few were found. Raises `FaissMissing`.
        """
        if self._index is None:
            with self._lock:
                self._index = self._index or index_of(self.centroids)
        found: Int64Array = self._index.search(np.ascontiguousarray(rows, np.float32), number)[1]
        return found


def index_of(centroids: Float32Array) -> Any:
    """Return a faiss index of the centroids; raises `FaissMissing`."""
    check_faiss()
    import faiss

    words, dim = centroids.shape
    if words <= ALL_COMPARED:
        index: Any = faiss.IndexFlatL2(dim)
    else:
        coded: Any = faiss.index_factory(dim, f"IVF{words // WORDS_A_CELL},PQ{dim // 2}x4fs")
        coded.nprobe = CELLS_LOOKED_THROUGH
        index = faiss.IndexRefineFlat(coded)
        index.k_factor = COMPARED_EXACTLY
        # By seeds of its own, which are fixed: the same centroids give the same words anywhere.
        index.train(centroids)
    index.add(centroids)
    return index


def rough_index_of(centroids: Float32Array) -> Any:
    """Return an index that finds the nearest word of most, thrice as fast, for learning."""
    import faiss

    words, dim = centroids.shape
    if words <= ALL_COMPARED:
        return faiss.IndexFlatL2(dim)
    index: Any = faiss.index_factory(dim, f"IVF{words // WORDS_A_CELL},Flat")
    index.nprobe = CELLS_WHILE_LEARNING
    index.train(centroids)
    return index


def learn(
    rows: Float32Array,
    words: int,
    *,
    iterations: int = ITERATIONS,
    on_progress: Callable[[int], None] = lambda iteration: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Float32Array | None:
    """Return the centroids (words, 128) of k-means over rows (N, 128), N at least `words`.

    The start is drawn by a fixed seed. `on_progress` gets each iteration that is done, from 1; None
    where `should_stop` said so in between. Raises `FaissMissing`.
    """
    check_faiss()
    import faiss

    rows = np.ascontiguousarray(rows, dtype=np.float32)
    start = np.random.default_rng(0).choice(len(rows), words, replace=False)
    centroids = rows[start]
    for iteration in range(1, iterations + 1):
        if should_stop():
            return None
        # One iteration at a time, so that it can be seen and stopped. faiss moves empty clusters.
        clustering = faiss.Clustering(rows.shape[1], words)
        clustering.niter = 1
        clustering.min_points_per_centroid, clustering.max_points_per_centroid = 1, len(rows)
        faiss.copy_array_to_vector(centroids.ravel(), clustering.centroids)
        clustering.train(rows, rough_index_of(centroids))
        centroids = faiss.vector_to_array(clustering.centroids).reshape(words, -1)
        on_progress(iteration)
    return centroids


def check_faiss() -> None:
    if find_spec("faiss") is None:
        raise FaissMissing
