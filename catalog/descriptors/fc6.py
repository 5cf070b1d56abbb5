"""fc6: VGG16's first fully connected layer after ReLU, L2-normalised. 4096 components, all >= 0.

The name is the original network's; Keras calls the same layer `fc1`. Used for retrieval by
Babenko et al., "Neural Codes for Image Retrieval", ECCV 2014.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import Image

from ..vectors import FC6_DIM, Float32Array, unit_rows
from .backbones.precision import FLOAT32, check_precision
from .backbones.vgg16_maps import ORIGIN
from .backbones.weights import UNTRAINED, load_layers, weights_id
from .base import Descriptor
from .coalescing import CoalescingDescriber
from .preprocessing import network_input, shrink


class Fc6Descriptor(Descriptor):
    """The reference descriptor of this system; options override `SIS_WEIGHTS`, `SIS_PRECISION`."""

    name = "fc6"
    dim = FC6_DIM
    title = "fc6"
    purpose = _("What a picture shows as a whole, as a network of 2014 sees it: the reference.")
    origin = ORIGIN

    @classmethod
    def options_from_settings(cls) -> dict[str, Any]:
        return {"weights": settings.SIS_WEIGHTS, "precision": settings.SIS_PRECISION}

    def __init__(self, *, weights: str, precision: str = FLOAT32) -> None:
        self.weights = weights
        self.precision = precision
        self._memory = settings.SIS_VAR_DIR / "cache" / "weights-checksums.json"
        self._lock = threading.Lock()
        self._forward: Callable[[Float32Array], Float32Array] | None = None
        self._describe_together = CoalescingDescriber(self.describe)

    @property
    def model_id(self) -> str:
        check_precision(self.precision)
        return f"vgg16/{weights_id(self.weights, memory=self._memory)}/{self.precision}"

    @property
    def trained(self) -> bool:
        return self.weights != UNTRAINED

    def prepare(self, image: Image.Image) -> Image.Image:
        return shrink(image)

    def describe(self, images: Sequence[Image.Image]) -> Float32Array:
        if not images:
            return np.empty((0, self.dim), dtype=np.float32)
        return unit_rows(self._network()(network_input(images)))

    def describe_one(self, image: Image.Image) -> Float32Array:
        # Resized here, on the caller's own thread: the pass that all wait for has less to do.
        return self._describe_together(self.prepare(image))

    def _network(self) -> Callable[[Float32Array], Float32Array]:
        # The lock is held while loading: a second thread waits instead of loading 0.5 GB again.
        with self._lock:
            if self._forward is None:
                from .backbones.vgg16 import build

                check_precision(self.precision)
                layers = load_layers(self.weights, memory=self._memory)
                self._forward = build(layers, precision=self.precision)
            return self._forward
