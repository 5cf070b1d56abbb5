"""Database-side augmentation: an image's vector averaged with those nearest to it. Pure NumPy.

Turcot & Lowe, "Better Matching with Fewer Features", ICCV workshops 2009, for the idea; weights
that fall with the rank as in Arandjelović & Zisserman, "Three Things Everyone Should Know to
Improve Object Retrieval", CVPR 2012, section 4.
"""

import numpy as np

from ..vectors import Float32Array, unit_rows


def augmented(rows: Float32Array, block: Float32Array, neighbours: int) -> Float32Array:
    """Return what becomes of the unit rows `block` (B, D), which are among `rows` (N, D).

    Each is summed with its `neighbours` nearest others: weights 1 for itself, then falling evenly
    towards 0. Unit rows (B, D) float32; equal rows have equal answers, whatever their order.
    """
    count = min(neighbours + 1, len(rows))
    scores = block @ rows.T
    nearest = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(scores, nearest, axis=1)
    order = np.lexsort((nearest, -found), axis=1)
    nearest = np.take_along_axis(nearest, order, axis=1)
    weights = 1 - np.arange(count, dtype=np.float32) / np.float32(neighbours + 1)
    return unit_rows(np.einsum("k,bkd->bd", weights, rows[nearest], optimize=True))
