"""Whitening of vectors, learned from vectors. Pure: NumPy only.

What all pictures of a set share is taken out, and directions in which they vary much no longer
drown the others; the first directions are enough, so vectors become shorter, too.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..vectors import Float32Array, unit_rows

Float64Array = npt.NDArray[np.float64]

# Variances below this share of the largest are rounding errors of vectors that do not span more.
LEAST_SHARE = 1e-10
ROWS_AT_A_TIME = 1024


class WhiteningError(ValueError):
    """No such whitening can be learned from these vectors."""

    def __init__(self, possible: int) -> None:
        super().__init__(f"these vectors span {possible} directions")
        self.possible = possible


@dataclass(frozen=True, slots=True)
class Whitening:
    """x -> matrix (x - mean), of norm 1; `mean` (D,) and `matrix` (dim, D) float32."""

    mean: Float32Array
    matrix: Float32Array

    def apply(self, rows: Float32Array) -> Float32Array:
        """Return (N, dim) float32 unit rows of rows (N, D); a row that becomes 0 is all NaN."""
        centred: Float32Array = rows - self.mean
        product: Float32Array = centred @ self.matrix.T
        return unit_rows(product)


def learn_pca(rows: Float32Array, dim: int) -> Whitening:
    """Learn PCA with whitening from rows (N, D): the first `dim` principal directions.

    Jégou & Chum, "Negative Evidences and Co-occurences in Image Retrieval: The Benefit of PCA and
    Whitening", ECCV 2012. Raises `WhiteningError` where the rows span fewer directions.
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    variances, directions = strongest(scatter(rows, mean) / len(rows), dim)
    return Whitening(
        mean.astype(np.float32), (directions / np.sqrt(variances)).T.astype(np.float32)
    )


def learn_labelled(rows: Float32Array, pairs: npt.NDArray[np.int64], dim: int) -> Whitening:
    """Learn discriminative whitening from pairs (2, P) of rows (N, D) that show the same thing.

    Mikolajczyk & Matas, "Improving Descriptors for Fast Tree Matching by Optimal Linear
    Projection", ICCV 2007, as Radenović, Tolias & Chum, "CNN Image Retrieval Learns from BoW",
    ECCV 2016, section 4, use it: the differences of pairs become white, then the directions in
    which all rows vary most are kept. Raises `WhiteningError` where the differences, or the rows,
    span fewer than they must: all D, and `dim`.
    """
    first, second = rows[pairs[0]], rows[pairs[1]]
    mean = first.mean(axis=0, dtype=np.float64)
    differences = scatter(first - second, np.zeros_like(mean)) / pairs.shape[1]
    spread, _directions = np.linalg.eigh(differences)
    spanned = int((spread > LEAST_SHARE * spread[-1]).sum()) if spread[-1] > 0 else 0
    if spanned < len(mean):
        raise WhiteningError(spanned)
    white = np.linalg.inv(np.linalg.cholesky(differences))
    _variances, directions = strongest(white @ scatter(rows, mean) @ white.T, dim)
    return Whitening(mean.astype(np.float32), (directions.T @ white).astype(np.float32))


def scatter(rows: Float32Array, mean: Float64Array) -> Float64Array:
    """Return the sum of (x - mean)(x - mean)' (D, D); never a copy of all rows in float64."""
    total = np.zeros((len(mean), len(mean)))
    for part in slices(rows):
        centred = part - mean
        total += centred.T @ centred
    return total


def slices(rows: Float32Array) -> Iterable[Float32Array]:
    return (rows[start : start + ROWS_AT_A_TIME] for start in range(0, len(rows), ROWS_AT_A_TIME))


def strongest(matrix: Float64Array, dim: int) -> tuple[Float64Array, Float64Array]:
    """Return the `dim` largest eigenvalues, descending, and their vectors (D, dim).

    Each vector's largest component is above 0: an eigenvector's sign is otherwise chance.
    """
    values, vectors = np.linalg.eigh(matrix)
    values, vectors = values[::-1], vectors[:, ::-1]
    possible = int((values > LEAST_SHARE * values[0]).sum()) if values[0] > 0 else 0
    if possible < dim:
        raise WhiteningError(possible)
    vectors = vectors[:, :dim]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
    return values[:dim], vectors * np.sign(largest)
