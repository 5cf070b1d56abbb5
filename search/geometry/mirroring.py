"""Local features as a mirrored picture would have them, without the picture. Pure: NumPy only."""

from dataclasses import replace

import numpy as np

from catalog.descriptors.local.features import LocalFeatures

from .transformations import Matrix
from .verification import Verified

# SIFT's 128 numbers: 4 rows and 4 columns of cells, in each 8 directions of 45 degrees.
LAYOUT = (4, 4, 8)
TURNS = np.arange(8)


def mirrored(features: LocalFeatures) -> LocalFeatures:
    """Return the features of the picture with left and right exchanged, in their order.

    A frame of angle a becomes one of 180 - a, in which its rows are reversed and a direction d
    becomes -d. An upright frame (a = 0) stays upright: seen from there its columns are reversed,
    and d becomes 180 - d.
    """
    cells = features.descriptors.reshape(-1, *LAYOUT)
    upright = cells[:, :, ::-1][..., (4 - TURNS) % 8]
    turned = cells[:, ::-1][..., -TURNS % 8]
    has_angle = features.angles != 0
    descriptors = np.where(has_angle[:, None, None, None], turned, upright)
    positions = features.positions.copy()
    positions[:, 0] = features.size[0] - 1 - positions[:, 0]
    return replace(
        features,
        positions=positions,
        angles=np.where(has_angle, (180 - features.angles) % 360, 0).astype(np.float32),
        descriptors=descriptors.reshape(-1, features.descriptors.shape[1]),
    )


def mirrored_back(verified: Verified, width: int) -> Verified:
    """Return what was found for the mirrored query as what is so for the query itself."""
    flip: Matrix = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    return replace(verified, matrix=verified.matrix @ flip, is_mirrored=True)
