"""The contract of a backbone: a convolutional network whose feature maps are pooled."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from PIL import Image

from ...vectors import Float32Array


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer whose maps can be had: `channels`, and how many pixels of input a step is."""

    channels: int
    stride: int


class Backbone(ABC):
    """Turns pictures into feature maps. Thread-safe; loads its weights at first use.

    `name` is the network's in model ids, `title` for readers; `layers` are those that can be asked
    for, by name, in the order of the forward pass; `smallest` is the least side of a picture that
    it takes, in pixels; `origin` says in a sentence or two whose network and weights it is, under
    which licence. All known without loading anything.
    """

    name: str
    title: str
    origin: str | Promise = ""
    layers: Mapping[str, MapLayer]
    smallest = 32

    def layer(self, name: str) -> MapLayer:
        """Return the layer of this name; raises `ImproperlyConfigured` with the choices."""
        try:
            return self.layers[name]
        except KeyError:
            raise ImproperlyConfigured(
                f"{self.name} has no layer {name!r}; it has: {', '.join(self.layers)}."
            ) from None

    @property
    @abstractmethod
    def weights_id(self) -> str:
        """Which weights, as part of a model id; known without loading them.

        Raises `DescriptorError` where those that are configured do not exist.
        """

    @property
    @abstractmethod
    def trained(self) -> bool:
        """False where the weights are random."""

    @abstractmethod
    def network_input(self, pictures: Sequence[Image.Image]) -> Float32Array:
        """Return (N, H, W, 3) float32 of upright RGB pictures that all are W x H pixels."""

    @abstractmethod
    def maps(self, pixels: Float32Array, layers: Sequence[str]) -> dict[str, Float32Array]:
        """Return each layer's maps (N, h, w, C) float32 of network input (N, H, W, 3).

        One forward pass, as far as the last layer that is asked for. Raises `DescriptorError`
        where the weights cannot be loaded.
        """
