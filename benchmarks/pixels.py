"""The plainest descriptor: the picture at 32 x 32 pixels. What every other one has to beat."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from catalog.descriptors import Descriptor
from catalog.vectors import Float32Array, unit_rows

SIDE = 32


class PixelsDescriptor(Descriptor):
    """Colours as they are, centred on the picture's mean; norm 1."""

    dim = 3 * SIDE**2
    title = "Pixels, 32 x 32"
    model_id = f"pixels/{SIDE}"
    trained = True

    def prepare(self, image: Image.Image) -> Image.Image:
        return image.resize((SIDE, SIDE), Image.Resampling.BOX)

    def describe(self, images: Sequence[Image.Image]) -> Float32Array:
        rows = np.stack([np.asarray(self.prepare(i), dtype=np.float32).ravel() for i in images])
        return unit_rows(rows - rows.mean(axis=1, keepdims=True))
