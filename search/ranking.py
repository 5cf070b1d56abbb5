"""Nearest rows of a matrix by linear scan. Pure NumPy, no Django.

One matrix product scores every row; only rows that can be among the k nearest are then measured
exactly. For unit vectors the larger product is the smaller distance.
"""

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# How far a float32 product of two unit vectors may be from the true one. With 4096 components
# summed in 8 or more lanes the worst case is 512 roundings of 2**-24 (Higham, "Accuracy and
# Stability of Numerical Algorithms", section 3.1); in practice it is below 1e-6.
SCORE_ERROR = 512 * 2.0**-24

# Rows converted to float64 at a time, so that measuring never doubles the matrix.
CHUNK_ROWS = 2048


def nearest(
    matrix: Float32Array, ids: Int64Array, alive: BoolArray, queries: Float32Array, k: int
) -> tuple[Int64Array, Float32Array]:
    """Return ids (Q, K) and distances (Q, K) of the `k` nearest living rows of each query.

    `matrix` is (N, D) of unit rows, `ids` (N,) and `alive` (N,) go with its rows, `queries` is
    (Q, D) of unit rows. Ascending distance, ties by id; K = min(k, number of living rows).
    """
    count = min(k, int(alive.sum()))
    found_ids = np.empty((len(queries), count), dtype=np.int64)
    distances = np.empty((len(queries), count), dtype=np.float32)
    if count == 0 or len(queries) == 0:
        return found_ids, distances
    scores = (queries @ matrix.T) if len(queries) > 1 else (matrix @ queries[0])[None]
    if count < len(ids) and not alive.all():
        scores[:, ~alive] = -np.inf
    for row, query in enumerate(queries):
        candidates = candidate_rows(scores[row], count)
        exact = exact_distances(matrix, candidates, query)
        order = np.lexsort((ids[candidates], exact))[:count]
        found_ids[row] = ids[candidates[order]]
        distances[row] = exact[order]
    return found_ids, distances


def candidate_rows(scores: Float32Array, count: int) -> Int64Array:
    """Return the positions of all rows that may be among the `count` best true scores.

    That is every row whose score is within rounding of the `count`-th best; more than `count`
    where scores are that close, so that ties are broken by id and not by rounding.
    """
    threshold = np.partition(scores, len(scores) - count)[len(scores) - count]
    bound = threshold - 2 * SCORE_ERROR
    return np.flatnonzero((scores >= bound) & (scores > -np.inf))


def merge(
    found: list[tuple[Int64Array, Float32Array]], k: int, queries: int
) -> tuple[Int64Array, Float32Array]:
    """Join the answers of several matrices to the same queries into one of at most `k` columns."""
    if len(found) == 1:
        return found[0]
    ids = np.concatenate([ids for ids, _ in found] or [np.empty((queries, 0), np.int64)], axis=1)
    distances = np.concatenate(
        [distances for _, distances in found] or [np.empty((queries, 0), np.float32)], axis=1
    )
    order = np.lexsort((ids, distances), axis=1)[:, :k]
    return np.take_along_axis(ids, order, 1), np.take_along_axis(distances, order, 1)


def exact_distances(matrix: Float32Array, rows: Int64Array, query: Float32Array) -> Float32Array:
    """Return the Euclidean distances of `rows` from `query`, (len(rows),) float32.

    From differences summed in float64: `sqrt(2 - 2 x.q)` would lose all digits near 0.
    """
    squares = np.empty(len(rows), dtype=np.float64)
    target = query.astype(np.float64)
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        difference = matrix[rows[chunk]] - target
        squares[chunk] = np.einsum("ij,ij->i", difference, difference)
    return np.sqrt(squares).astype(np.float32)
