"""VGG16's convolutional maps, with the weights that fc6 uses."""

import threading
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import Image

from ...vectors import Float32Array
from ..preprocessing import IMAGENET_MEANS_BGR
from .base import Backbone, MapLayer
from .tensorflow_import import tensorflow
from .vgg16 import as_tensors
from .weights import BLOCKS, UNTRAINED, Layer, load_layers, weights_id

ORIGIN = _(
    "VGG16 (Simonyan & Zisserman 2015). The weights for ImageNet were published by Oxford's "
    "Visual Geometry Group under CC BY 4.0, and Keras offers them for download."
)
CONVOLUTIONS = {
    f"block{block}_conv{number}": MapLayer(channels, 2 ** (block - 1))
    for block, widths in enumerate(BLOCKS, start=1)
    for number, channels in enumerate(widths, start=1)
}

Forward = Callable[[Any], dict[str, Any]]


class Vgg16Maps(Backbone):
    """Layers `block1_conv1` to `block5_conv3`, after ReLU. The weights are those of `SIS_WEIGHTS`.

    Configuration D of Simonyan & Zisserman, ICLR 2015; of a weights file the fully connected
    layers, nine tenths of it, are not read.
    """

    name = "vgg16"
    title = "VGG16"
    origin = ORIGIN
    layers = CONVOLUTIONS

    def __init__(self) -> None:
        self._memory = settings.SIS_VAR_DIR / "cache" / "weights-checksums.json"
        self._lock = threading.Lock()
        self._loaded = ""
        self._convolutions: list[Layer] = []
        self._passes: dict[tuple[str, ...], Forward] = {}

    @property
    def weights_id(self) -> str:
        return weights_id(settings.SIS_WEIGHTS, memory=self._memory)

    @property
    def trained(self) -> bool:
        return settings.SIS_WEIGHTS != UNTRAINED

    def network_input(self, pictures: Sequence[Image.Image]) -> Float32Array:
        batch = np.stack([np.asarray(picture, dtype=np.float32)[..., ::-1] for picture in pictures])
        batch -= IMAGENET_MEANS_BGR
        return batch

    def maps(self, pixels: Float32Array, layers: Sequence[str]) -> dict[str, Float32Array]:
        asked = tuple(layer for layer in self.layers if layer in layers)
        found = self._forward(asked)(tensorflow().constant(pixels))
        return {name: maps.numpy() for name, maps in found.items()}

    def _forward(self, layers: tuple[str, ...]) -> Forward:
        weights = settings.SIS_WEIGHTS
        # The lock is held while loading: a second thread waits instead of loading again.
        with self._lock:
            if self._loaded != weights:
                read = load_layers(weights, memory=self._memory)
                self._convolutions = list(islice(read, len(CONVOLUTIONS)))
                self._loaded, self._passes = weights, {}
            if layers not in self._passes:
                self._passes[layers] = build(self._convolutions, layers)
            return self._passes[layers]


def build(convolutions: Sequence[Layer], layers: Sequence[str]) -> Forward:
    """Return a function from (N, H, W, 3) network input to the maps of `layers`, as tensors.

    It goes as far as the last of them, and may be called from several threads.
    """
    tf = tensorflow()
    weights = as_tensors(list(convolutions), tf.float32)

    @tf.function(
        input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)], autograph=False
    )
    def forward(x: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, (kernel, bias) in weights.items():
            if name.endswith("conv1") and name != "block1_conv1":
                x = tf.nn.max_pool2d(x, 2, 2, "VALID")
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias))
            if name in layers:
                found[name] = x
            if len(found) == len(layers):
                break
        return found

    return forward
