"""Search by regions: the part of each picture that is most like the query.

Exact over the regions that are kept (half floats), in one pass over their rows, a block of images
in memory at a time.
"""

import numpy as np

from catalog.descriptors import Descriptor
from catalog.regions import stream_regions
from catalog.vectors import Float32Array

from .engines import Answer, scanned

# 21 regions of 1280 numbers each: 3.4 MB, which a core's cache holds.
IMAGES_AT_A_TIME = 32


def rank_by_regions(
    *, descriptor: Descriptor, queries: Float32Array, k: int, within: frozenset[int] | None = None
) -> Answer:
    """Rank the images whose regions are kept by their region nearest to each query (Q, D).

    Distances are Euclidean between unit vectors, ascending, ties by id; K is `k` or the number of
    those images where that is smaller.
    """
    ids, scores, boxes = [], [], []
    for block in stream_regions(descriptor, within=within, images_at_a_time=IMAGES_AT_A_TIME):
        score, place = best_of_each(queries, block.rows, block.counts)
        ids.append(block.ids)
        scores.append(score)
        boxes.append(block.boxes[place])
    if not ids:
        number = len(queries)
        no_ids, no_distances = np.empty((number, 0), np.int64), np.empty((number, 0), np.float32)
        no_regions = np.empty((number, 0, 4), np.float32)
        return Answer(no_ids, no_distances, scanned(number), 0, regions=no_regions)
    every = np.concatenate(ids)
    best, where = np.concatenate(scores, axis=1), np.concatenate(boxes, axis=1)
    # Rounded to half floats a row's length is not quite 1; no product of unit vectors exceeds it.
    distances = np.sqrt(np.maximum(2 - 2 * best, 0)).astype(np.float32)
    order = np.lexsort((np.broadcast_to(every, distances.shape), distances), axis=1)[:, :k]
    return Answer(
        every[order],
        np.take_along_axis(distances, order, axis=1),
        scanned(len(queries)),
        len(every),
        regions=np.take_along_axis(where, order[..., None], axis=1),
    )


def best_of_each(
    queries: Float32Array, rows: Float32Array, counts: np.ndarray
) -> tuple[Float32Array, np.ndarray]:
    """Return each image's best similarity (Q, N) and the place among `rows` (R, D) that has it.

    `counts` (N,) says how many of the rows, in order, are each image's. Pure.
    """
    similarity = queries @ rows.T
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    best = np.maximum.reduceat(similarity, starts, axis=1)
    # The first row of an image that has its best: where it is reached, a running count begins.
    reached = similarity >= np.repeat(best, counts, axis=1)
    places = np.where(reached, np.arange(len(rows)), len(rows))
    return best, np.minimum.reduceat(places, starts, axis=1)
