"""Pooled descriptors: a backbone's feature maps of one layer, pooled to one vector."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.text import format_lazy
from PIL import Image

from ..vectors import Float32Array, unit_rows
from .attention_file import attention_id, load_attention
from .backbones.base import Backbone
from .backbones.registry import get_backbone
from .base import Descriptor
from .pooling import POOLINGS, Pooling
from .pooling.regional import REGIONAL, region_vectors, regions
from .pooling_words import PURPOSES, TITLES

# Of network input in one pass: 8 pictures of 512 x 512 pixels, whose widest maps are 0.2 GB.
PIXELS_AT_A_TIME = 8 * 512 * 512
LARGEST_SIDE = 2048
ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class PictureRegions:
    """A picture's regions: `boxes` (R, 4), (x1, y1, x2, y2) in shares of width and height, and
    `rows` (R, D), unit vectors; float32."""

    boxes: Float32Array
    rows: Float32Array


class PooledDescriptor(Descriptor):
    """Pools the maps of `layer` of `backbone`; norm 1.

    The picture's longest side is scaled to `size` pixels, or, with `squash`, both sides. With
    several `scales` (factors of that size) the unit vectors of all are summed. Pooling "attention"
    takes the file of a weighting network in `attention` (see `attention_file.py`).
    """

    def __init__(
        self,
        *,
        backbone: str,
        layer: str,
        pooling: str,
        size: int = 512,
        squash: bool = False,
        scales: Sequence[float] = (1,),
        attention: str = "",
    ) -> None:
        self.check(
            backbone=backbone, pooling=pooling, size=size, scales=scales, attention=attention
        )
        self.backbone = get_backbone(backbone)
        self.layer, self.pooling, self.attention = layer, pooling, attention
        self.size, self.squash, self.scales = size, squash, tuple(scales)
        self.dim = self.backbone.layer(layer).channels
        # The last layer is what everyone expects.
        place = "" if layer == list(self.backbone.layers)[-1] else f", {layer}"
        self.title = format_lazy("{} ({}{})", TITLES[pooling], self.backbone.title, place)
        self.purpose = PURPOSES[pooling]
        self._pool: Pooling | None = None

    @classmethod
    def check(cls, **options: Any) -> None:
        if "backbone" in options:
            get_backbone(options["backbone"])
        pooling, attention = options.get("pooling", "average"), options.get("attention", "")
        if pooling not in (*POOLINGS, ATTENTION):
            known = ", ".join((*POOLINGS, ATTENTION))
            raise ImproperlyConfigured(f"There is no pooling {pooling!r}; there are: {known}.")
        if (pooling == ATTENTION) != bool(attention):
            raise ImproperlyConfigured(
                "Pooling 'attention', and no other, takes a file of weights: option attention."
            )
        if attention and not Path(attention).is_file():
            raise ImproperlyConfigured(
                f"The option attention is {attention!r}, which is not a file."
            )
        check_sizes(options.get("size", 512), options.get("scales", (1,)))

    @property
    def model_id(self) -> str:
        pooling = f"attention-{attention_id(self.attention)}" if self.attention else self.pooling
        size = f"{self.size}sq" if self.squash else str(self.size)
        if self.scales != (1,):
            size += "x" + "+".join(f"{scale:g}" for scale in self.scales)
        return "/".join((self.backbone.name, self.backbone.weights_id, self.layer, pooling, size))

    @property
    def trained(self) -> bool:
        return self.backbone.trained

    @property
    def origin(self) -> str | Promise:  # type: ignore[override]  # a value where others have a constant
        return self.backbone.origin

    @property
    def input(self) -> tuple[Backbone, int, bool, tuple[float, ...]]:
        """What descriptors have in common that one forward pass serves."""
        return self.backbone, self.size, self.squash, self.scales

    def prepare(self, image: Image.Image) -> Image.Image:
        """Resize to the largest of the scales; what is of that size is only copied."""
        return image.resize(self.input_size(image, max(self.scales)), Image.Resampling.BICUBIC)

    def input_size(self, image: Image.Image, scale: float) -> tuple[int, int]:
        """Return (width, height) of the network's input, no side of it too small for the network.

        So the aspect ratio is kept but where it is extreme.
        """
        longest = round(self.size * scale)
        if self.squash:
            return longest, longest
        factor = longest / max(image.size)
        width, height = (
            max(self.backbone.smallest, round(side * factor))
            for side in (image.width, image.height)
        )
        return width, height

    def describe(self, images: Sequence[Image.Image]) -> Float32Array:
        return pool_together([self], images)[0]

    @property
    def has_regions(self) -> bool:
        """Whether it pools regions, each to a vector that can be kept."""
        return self.pooling in REGIONAL and self.scales == (1,)

    def describe_regions(self, images: Sequence[Image.Image]) -> list[PictureRegions]:
        """Return each picture's regions; its own vector is their sum, of norm 1.

        For a descriptor that `has_regions`.
        """
        found: dict[int, PictureRegions] = {}
        prepared = [self.prepare(image) for image in images]
        for places, pixels in passes(self, prepared, 1):
            maps = self.backbone.maps(pixels, [self.layer])[self.layer]
            for place, picture in zip(places, maps, strict=True):
                height, width = picture.shape[:2]
                boxes = [
                    (left / width, top / height, (left + wide) / width, (top + high) / height)
                    for top, left, high, wide in regions(height, width)
                ]
                rows = unit_rows(region_vectors(picture, REGIONAL[self.pooling]))
                found[place] = PictureRegions(np.array(boxes, dtype=np.float32), rows)
        return [found[place] for place in range(len(images))]

    def pool(self, maps: Float32Array) -> Float32Array:
        """Pool one picture's maps (H, W, C) to (C,)."""
        if self._pool is None:
            self._pool = (
                load_attention(self.attention, channels=self.dim)
                if self.attention
                else POOLINGS[self.pooling]
            )
        return self._pool(maps)


def check_sizes(size: Any, scales: Any) -> None:
    """Raise `ImproperlyConfigured` for options that give no network input of a sensible size."""
    if not isinstance(scales, list | tuple) or not scales:
        raise ImproperlyConfigured(f"The option scales is {scales!r}: give a list of factors.")
    for scale in scales:
        if not isinstance(scale, int | float) or not scale > 0:
            raise ImproperlyConfigured(f"The option scales has {scale!r}: give factors above 0.")
    sides = [size * scale for scale in scales] if isinstance(size, int) else [0]
    if min(sides) < 32 or max(sides) > LARGEST_SIDE:
        raise ImproperlyConfigured(
            f"The option size is {size!r} with scales {list(scales)}: the longest side must be "
            f"a whole number of pixels, and between 32 and {LARGEST_SIDE} at every scale."
        )


def pool_together(
    descriptors: Sequence[PooledDescriptor], images: Sequence[Image.Image]
) -> list[Float32Array]:
    """Return each descriptor's rows (N, dim) of pictures that their `prepare` made, or any others.

    The descriptors have the same `input`; one forward pass serves all.
    """
    rows = [np.zeros((len(images), one.dim), dtype=np.float32) for one in descriptors]
    first = descriptors[0]
    layers = {one.layer for one in descriptors}
    prepared = [first.prepare(image) for image in images]
    for scale in first.scales:
        for places, pixels in passes(first, prepared, scale):
            maps = first.backbone.maps(pixels, sorted(layers))
            for one, found in zip(descriptors, rows, strict=True):
                pooled = np.stack([one.pool(picture) for picture in maps[one.layer]])
                found[places] += unit_rows(pooled)
    return [unit_rows(found) for found in rows]


def passes(
    descriptor: PooledDescriptor, prepared: Sequence[Image.Image], scale: float
) -> Iterator[tuple[list[int], Float32Array]]:
    """Yield network input of pictures of one size, and their places among `prepared`."""
    of_size = defaultdict(list)
    for place, image in enumerate(prepared):
        of_size[descriptor.input_size(image, scale)].append(place)
    for size, places in of_size.items():
        at_a_time = max(1, PIXELS_AT_A_TIME // (size[0] * size[1]))
        for start in range(0, len(places), at_a_time):
            part = places[start : start + at_a_time]
            resized = [prepared[place].resize(size, Image.Resampling.BICUBIC) for place in part]
            yield part, descriptor.backbone.network_input(resized)
