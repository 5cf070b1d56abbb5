"""From matched features to the transformation of one picture into the other. Pure.

Points are (N, 2) float64 in pixels; a transformation is a 3 x 3 matrix for homogeneous points.
"""

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

# One match's frame gives a scale to about a third, so the first look is a loose one.
SCALE_AGREES = np.log(1.8)
# Hypotheses tried, the matches that stand out most first; every match votes on each of them.
MOST_HYPOTHESES = 400


def apply(matrix: Matrix, points: Points) -> Points:
    """Return where the points go; not finite where one goes to infinity."""
    whole = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return whole[:, :2] / whole[:, 2:]


def weights(matrix: Matrix, points: Points) -> npt.NDArray[np.float64]:
    """Return the third coordinate (N,) of where points go: of one sign on one side of infinity."""
    return np.column_stack([points, np.ones(len(points))]) @ matrix[2]


def inverse(matrix: Matrix) -> Matrix:
    """Return the way back, scaled so that points in front of the camera stay there."""
    found: Matrix = np.linalg.inv(matrix).astype(np.float64)
    return np.divide(found, found[2, 2]) if found[2, 2] else found


def distances(matrix: Matrix, start: Points, end: Points) -> npt.NDArray[np.float64]:
    """Return how far (N,) from its match each point comes out, in pixels of the second picture."""
    off = apply(matrix, start) - end
    return np.nan_to_num(np.hypot(off[:, 0], off[:, 1]), nan=np.inf)


def agreeing_with_one(
    start: Points,
    end: Points,
    scales: npt.NDArray[np.float64],
    turns: npt.NDArray[np.float64],
    tolerance: float,
) -> npt.NDArray[np.bool_]:
    """Return which matches (N,) agree with that one match with which most others do.

    One match of two frames fixes a similarity: `scales` (N,) is how much larger, `turns` (N,) by
    how much turned, in radians, the second frame is. Every one is tried, which needs no luck as a
    random sample does (Philbin et al., "Object Retrieval with Large Vocabularies and Fast Spatial
    Matching", CVPR 2007, section 4). Others agree that come out within `tolerance` pixels and are
    of nearly the same scale.
    """
    first, second = start @ np.array([1, 1j]), end @ np.array([1, 1j])
    tried = slice(0, MOST_HYPOTHESES)
    factor = (scales * np.exp(1j * turns))[tried, None]
    off = factor * (first[None] - first[tried, None]) + second[tried, None] - second[None]
    same_scale = np.abs(np.log(scales)[None] - np.log(scales)[tried, None]) < SCALE_AGREES
    agree = (np.abs(off) < tolerance) & same_scale
    return agree[agree.sum(axis=1).argmax()]


def fit_affine(start: Points, end: Points) -> Matrix:
    """Return the affine transformation of least squared distances, of 3 matches or more."""
    middle = start.mean(axis=0)
    rows = np.column_stack([start - middle, np.ones(len(start))])
    solved = np.linalg.lstsq(rows, end, rcond=None)[0].T
    matrix = np.eye(3)
    matrix[:2, :2] = solved[:, :2]
    matrix[:2, 2] = solved[:, 2] - solved[:, :2] @ middle
    return matrix


def local_scales(matrix: Matrix, points: Points) -> npt.NDArray[np.float64]:
    """Return the two principal magnifications (N, 2) at each point, the larger first.

    Those of a mirrored place are negative and not finite at infinity.
    """
    whole = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    with np.errstate(all="ignore"):
        ends = whole[:, :2] / whole[:, 2:]
        # The derivative of a projective map: (rows of the matrix - end * last row) / w.
        jacobian = (matrix[None, :2, :2] - ends[:, :, None] * matrix[None, 2:, :2]) / whole[
            :, 2, None, None
        ]
        determinant = np.linalg.det(jacobian)
        square = np.einsum("nij,nij->n", jacobian, jacobian)
        root = np.sqrt(np.maximum(square**2 / 4 - determinant**2, 0))
        larger = np.sqrt(square / 2 + root)
        found = np.column_stack([larger, determinant / larger])
    return np.where(whole[:, 2:] > 0, found, np.nan)
