"""A picture's local features made ready to be compared with many others'. Pure."""

import numpy as np
import numpy.typing as npt

from catalog.descriptors.local.features import LocalFeatures
from catalog.vectors import Float32Array


class Side:
    """`rows` (N, 128) are unit descriptors, `positions` (N, 2) float64 in pixels of the analysed
    picture, `longer` its longer side."""

    def __init__(self, features: LocalFeatures) -> None:
        self.features = features
        self.rows: Float32Array = features.unit_descriptors()
        self.positions: npt.NDArray[np.float64] = features.positions.astype(np.float64)
        self.longer = float(max(features.size))
