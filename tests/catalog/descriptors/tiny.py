"""A backbone without weights: a step is 8 pixels, and channels are what a cell's colours make."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from PIL import Image

from catalog.descriptors import registry as descriptors
from catalog.descriptors import whitened
from catalog.descriptors.backbones import registry
from catalog.descriptors.backbones.base import Backbone, MapLayer

CHANNELS = 12
MIX = np.random.default_rng(3).normal(size=(3, CHANNELS)).astype(np.float32)


class Tiny(Backbone):
    name = "tiny"
    title = "Tiny"
    origin = "Made for tests."
    layers = {"early": MapLayer(3, 8), "top": MapLayer(CHANNELS, 8)}
    smallest = 8
    weights_id = "none"
    trained = True

    def __init__(self) -> None:
        self.passes: list[tuple[int, ...]] = []

    def network_input(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        return np.stack([np.asarray(picture, dtype=np.float32) for picture in pictures]) / 255

    def maps(self, pixels: np.ndarray, layers: Sequence[str]) -> dict[str, np.ndarray]:
        self.passes.append(pixels.shape)
        number, height, width, _three = pixels.shape
        cut = pixels[:, : height // 8 * 8, : width // 8 * 8]
        early = cut.reshape(number, height // 8, 8, width // 8, 8, 3).mean(axis=(2, 4))
        found = {"early": early, "top": np.maximum(early @ MIX, 0)}
        return {layer: found[layer].astype(np.float32) for layer in layers}


def use_tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """Let `tiny` be a backbone; gives the one that descriptors get."""
    monkeypatch.setitem(registry.BACKBONES, "tiny", f"{__name__}.Tiny")
    forget()
    backbone = registry.get_backbone("tiny")
    assert isinstance(backbone, Tiny)
    yield backbone
    forget()


def forget() -> None:
    """Descriptors hold their backbones, and whitened ones their matrices."""
    for made in (registry.get_backbone, descriptors._instance, whitened._whitened):
        made.cache_clear()
