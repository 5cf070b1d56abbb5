"""From an upright RGB picture to the network's input. Pure: no Django, no TensorFlow."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..vectors import Float32Array

SIDE = 224
# Means of the ImageNet training pictures in blue, green, red order, subtracted from each pixel
# (`keras.applications.vgg16.preprocess_input`; Simonyan & Zisserman 2015, section 2.1).
IMAGENET_MEANS_BGR = np.array([103.939, 116.779, 123.68], dtype=np.float32)


def shrink(image: Image.Image) -> Image.Image:
    """Resize to 224x224 with the bicubic filter; a picture of that size is only copied.

    The aspect ratio is not kept. The filter works on 8-bit samples, and no decoder shortcut
    (JPEG draft mode) is taken: both would change the vector.
    """
    return image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def network_input(images: Sequence[Image.Image]) -> Float32Array:
    """Return (N, 224, 224, 3) float32 in blue, green, red order, centred on the ImageNet means."""
    batch = np.empty((len(images), SIDE, SIDE, 3), dtype=np.float32)
    for row, image in zip(batch, images, strict=True):
        row[...] = np.asarray(shrink(image))[..., ::-1]
    batch -= IMAGENET_MEANS_BGR
    return batch
