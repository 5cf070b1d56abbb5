"""Networks of `keras.applications` as backbones, with the ImageNet weights that Keras offers."""

import importlib
import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from ...vectors import Float32Array
from ..base import DescriptorError
from .base import Backbone, MapLayer
from .tensorflow_import import tensorflow
from .weights import why_not_fetched

logger = logging.getLogger(__name__)

# Module of keras.applications -> its networks, and the channels of each one's last maps. Known
# here, because importing Keras and building a network takes seconds. VGG16 is a backbone of ours.
FAMILIES = {
    "convnext": {
        "ConvNeXtTiny": 768,
        "ConvNeXtSmall": 768,
        "ConvNeXtBase": 1024,
        "ConvNeXtLarge": 1536,
        "ConvNeXtXLarge": 2048,
    },
    "densenet": {"DenseNet121": 1024, "DenseNet169": 1664, "DenseNet201": 1920},
    "efficientnet": {
        "EfficientNetB0": 1280,
        "EfficientNetB1": 1280,
        "EfficientNetB2": 1408,
        "EfficientNetB3": 1536,
        "EfficientNetB4": 1792,
        "EfficientNetB5": 2048,
        "EfficientNetB6": 2304,
        "EfficientNetB7": 2560,
    },
    "efficientnet_v2": {
        "EfficientNetV2B0": 1280,
        "EfficientNetV2B1": 1280,
        "EfficientNetV2B2": 1408,
        "EfficientNetV2B3": 1536,
        "EfficientNetV2S": 1280,
        "EfficientNetV2M": 1280,
        "EfficientNetV2L": 1280,
    },
    "inception_resnet_v2": {"InceptionResNetV2": 1536},
    "inception_v3": {"InceptionV3": 2048},
    "mobilenet": {"MobileNet": 1024},
    "mobilenet_v2": {"MobileNetV2": 1280},
    "mobilenet_v3": {"MobileNetV3Large": 960, "MobileNetV3Small": 576},
    "nasnet": {"NASNetLarge": 4032, "NASNetMobile": 1056},
    "resnet": {"ResNet50": 2048, "ResNet101": 2048, "ResNet152": 2048},
    "resnet_v2": {"ResNet50V2": 2048, "ResNet101V2": 2048, "ResNet152V2": 2048},
    "vgg19": {"VGG19": 512},
    "xception": {"Xception": 2048},
}
NETWORKS = {
    network.lower(): (module, network, channels)
    for module, networks in FAMILIES.items()
    for network, channels in networks.items()
}
LAST = "top"


class KerasBackbone(Backbone):
    """Layer `top` is the last; any other goes by its name in Keras, which builds the network.

    `NETWORKS` has the names. The weights are fetched by Keras when maps are first asked for.
    """

    smallest = 96  # Inception's and Xception's take nothing below 75
    weights_id = "imagenet"
    trained = True
    origin = gettext_lazy(
        "A network of keras.applications with weights for ImageNet, which Keras downloads; see "
        "there for its authors and licence."
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.module, self.title, channels = NETWORKS[name]
        self.layers = self._known = {LAST: MapLayer(channels, 32)}
        self._lock = threading.Lock()
        self._model: Any = None
        self._passes: dict[tuple[str, ...], Any] = {}

    def layer(self, name: str) -> MapLayer:
        if name in self._known:
            return self._known[name]
        layers = {layer.name: layer for layer in self.build(weights=None).layers}
        shape = getattr(layers.get(name), "output", np.empty(0)).shape
        if len(shape) != 4:
            raise ImproperlyConfigured(
                f"{self.title} has no maps of a layer {name!r}; Keras calls its layers: "
                f"{', '.join(layers)}."
            )
        # How many pixels a step is only tells readers about a layer; Keras does not say.
        self._known[name] = MapLayer(shape[-1], 0)
        return self._known[name]

    def build(self, *, weights: str | None) -> Any:
        """Return Keras's model without its classifier, for pictures of any size."""
        tensorflow()
        from keras import applications

        network = getattr(applications, self.title)
        return network(weights=weights, include_top=False, input_shape=(None, None, 3))

    def network_input(self, pictures: Sequence[Image.Image]) -> Float32Array:
        batch = np.stack([np.asarray(picture, dtype=np.float32) for picture in pictures])
        tensorflow()
        module = importlib.import_module(f"keras.applications.{self.module}")
        return np.asarray(module.preprocess_input(batch), dtype=np.float32)

    def maps(self, pixels: Float32Array, layers: Sequence[str]) -> dict[str, Float32Array]:
        found = self._forward(tuple(layers))(pixels, training=False)
        return {name: np.asarray(maps) for name, maps in found.items()}

    def _forward(self, layers: tuple[str, ...]) -> Any:
        # The lock is held while loading: a second thread waits instead of loading again.
        with self._lock:
            if self._model is None:
                self._model = self.fetch()
            if layers not in self._passes:
                from keras import Model

                model = self._model
                outputs = {
                    layer: model.output if layer == LAST else model.get_layer(layer).output
                    for layer in layers
                }
                self._passes[layers] = Model(model.inputs[0], outputs)
            return self._passes[layers]

    def fetch(self) -> Any:
        """Return the model with its weights; raises `DescriptorError` where they cannot be had."""
        try:
            return self.build(weights="imagenet")
        except Exception as error:  # Keras raises a plain Exception
            logger.warning("%s: %s", self.title, error)
            raise DescriptorError(
                _(
                    "The weights of %(network)s could not be downloaded (%(reason)s). Let Keras "
                    "fetch them on a machine with a network, and copy its folder ~/.keras/models."
                )
                % {"network": self.title, "reason": why_not_fetched(error)}
            ) from error
