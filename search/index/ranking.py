"""Nearest rows of a matrix by linear scan. Pure NumPy, no Django.

One matrix product scores every row; only rows that can be among the k nearest are then measured
exactly. For unit vectors the larger product is the smaller distance.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

from .rows import Rows

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Take = Callable[[Int64Array], Float32Array]  # positions (n,) -> rows (n, D)

# How far a float32 product of two unit vectors may be from the true one. With 4096 components
# summed in 8 or more lanes the worst case is 512 roundings of 2**-24 (Higham, "Accuracy and
# Stability of Numerical Algorithms", section 3.1); in practice it is below 1e-6.
SCORE_ERROR = 512 * 2.0**-24

# Rows converted to float64 at a time: 8 MB of them, so that measuring never doubles the matrix.
CHUNK_ROWS = 256

# Rows whose differences are taken at a time: as many as stay in a core's cache.
NEAR_ROWS = 32

# Groups of this many scores are represented by their best when candidates are picked.
FOLD = 32

# Rows read from a file at a time: 32 MB of them.
SCAN_ROWS = 2048

# Above this share of the rows, measuring all of them costs less than picking candidates.
LARGE_SHARE = 0.25

# Squared distances below this have lost digits to cancellation and are computed from differences.
CANCELLATION = 1e-6


def nearest(
    matrix: Float32Array, ids: Int64Array, alive: BoolArray, queries: Float32Array, k: int
) -> tuple[Int64Array, Float32Array]:
    """Return ids (Q, K) and distances (Q, K) of the `k` nearest living rows of each query.

    `matrix` is (N, D) of unit rows, `ids` (N,) and `alive` (N,) go with its rows, `queries` is
    (Q, D) of unit rows. Ascending distance, ties by id; K = min(k, number of living rows).
    """
    count = min(k, int(np.count_nonzero(alive)))
    if count == 0 or len(queries) == 0:
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    if count > LARGE_SHARE * len(ids):
        return order_all(ids, all_distances(matrix, queries), alive, count)
    scores = (queries @ matrix.T) if len(queries) > 1 else (matrix @ queries[0])[None]

    return best_scored(scores, matrix.__getitem__, ids, alive, queries, count)


def scan(
    rows: Rows,
    part: slice,
    ids: Int64Array,
    alive: BoolArray,
    queries: Float32Array,
    k: int,
) -> tuple[Int64Array, Float32Array]:
    """Do as `nearest` for the rows `part` of a matrix that is read from a file, chunk by chunk.

    `ids` and `alive` go with the whole matrix. Memory: `SCAN_ROWS` rows, and one float32 per row
    and query.
    """
    ids, alive = ids[part], alive[part]
    count = min(k, int(np.count_nonzero(alive)))
    if count == 0 or len(queries) == 0:
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    large = count > LARGE_SHARE * len(ids)
    scores = np.empty((len(queries), len(ids)), dtype=np.float32)
    for first, chunk in rows.chunks(part.start, part.stop, SCAN_ROWS):
        place = slice(first - part.start, first - part.start + len(chunk))
        scores[:, place] = all_distances(chunk, queries) if large else queries @ chunk.T
    if large:
        return order_all(ids, scores, alive, count)

    return best_scored(
        scores, lambda places: rows.take(places + part.start), ids, alive, queries, count
    )


def best_scored(
    scores: Float32Array,
    take: Take,
    ids: Int64Array,
    alive: BoolArray,
    queries: Float32Array,
    count: int,
) -> tuple[Int64Array, Float32Array]:
    """Measure what may be among the `count` best of `scores` (Q, N), and sort it.

    `take` returns rows by their position in `scores`.
    """
    if not alive.all():
        scores[:, ~alive] = -np.inf
    found_ids = np.empty((len(queries), count), dtype=np.int64)
    distances = np.empty((len(queries), count), dtype=np.float32)
    for row, query in enumerate(queries):
        candidates = candidate_rows(scores[row], count)
        exact = exact_distances(take, candidates, query)
        order = np.lexsort((ids[candidates], exact))[:count]
        found_ids[row] = ids[candidates[order]]
        distances[row] = exact[order]
    return found_ids, distances


def candidate_rows(scores: Float32Array, count: int) -> Int64Array:
    """Return the positions of all rows that may be among the `count` best true scores.

    That is every row whose score is within rounding of the `count`-th best; more than `count`
    where scores are that close, so that ties are broken by id and not by rounding.
    """
    columns = len(scores) // FOLD
    if count > columns:
        return np.flatnonzero(scores >= largest(scores, count) - 2 * SCORE_ERROR)
    # The best of each of `columns` groups of rows: `count` of these are scores of `count` rows, so
    # the `count`-th best score of all is no smaller. Few rows pass, and only they are partitioned.
    best = scores[: FOLD * columns].reshape(FOLD, columns).max(axis=0)
    rows = np.flatnonzero(scores >= largest(best, count) - 2 * SCORE_ERROR)
    passed = scores[rows]
    return rows[passed >= largest(passed, count) - 2 * SCORE_ERROR]


def largest(values: Float32Array, count: int) -> np.float32:
    """Return the `count`-th largest value."""
    return np.partition(values, len(values) - count)[len(values) - count]


def exact_distances(take: Take, rows: Int64Array, query: Float32Array) -> Float32Array:
    """Return the Euclidean distances of `rows` from `query`, (len(rows),) float32.

    `take` returns rows by position. From differences in float64: `sqrt(2 - 2 x.q)` in float32
    would lose all digits near 0. Each row by itself, so that equal rows have equal distances.
    """
    squares = np.empty(len(rows), dtype=np.float64)
    target = query.astype(np.float64)
    differences = np.empty((min(NEAR_ROWS, len(rows)), len(query)), dtype=np.float64)
    for start in range(0, len(rows), NEAR_ROWS):
        chunk = take(rows[start : start + NEAR_ROWS])
        difference = differences[: len(chunk)]
        difference[:] = chunk  # converting first, and then in place, is twice as fast as at once
        difference -= target
        np.vecdot(difference, difference, out=squares[start : start + len(chunk)])
    return np.sqrt(squares).astype(np.float32)


def all_distances(matrix: Float32Array, queries: Float32Array) -> Float32Array:
    """Return the Euclidean distances of every row from every query, (Q, N) float32.

    As |x|^2 + |q|^2 - 2 x.q in float64, one matrix product for all queries; its error of about
    1e-16 is far below float32's, except where the terms cancel (see `CANCELLATION`).
    """
    distances = np.empty((len(queries), len(matrix)), dtype=np.float32)
    targets = queries.astype(np.float64)
    target_squares = np.vecdot(targets, targets)
    for start in range(0, len(matrix), CHUNK_ROWS):
        chunk = matrix[start : start + CHUNK_ROWS].astype(np.float64)
        squares = targets @ chunk.T
        squares *= -2
        squares += np.vecdot(chunk, chunk)
        squares += target_squares[:, None]
        for query in np.flatnonzero((squares < CANCELLATION).any(axis=1)):
            rows = np.flatnonzero(squares[query] < CANCELLATION)
            difference = chunk[rows] - targets[query]
            squares[query, rows] = np.vecdot(difference, difference)
        distances[:, start : start + CHUNK_ROWS] = np.sqrt(squares)
    return distances


def order_all(
    ids: Int64Array, distances: Float32Array, alive: BoolArray, count: int
) -> tuple[Int64Array, Float32Array]:
    """Sort all living rows by (distance, id) and keep the first `count` of each query."""
    if not alive.all():
        ids, distances = ids[alive], distances[:, alive]
    order = np.lexsort((np.broadcast_to(ids, distances.shape), distances), axis=1)[:, :count]
    return ids[order], np.take_along_axis(distances, order, 1)


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
