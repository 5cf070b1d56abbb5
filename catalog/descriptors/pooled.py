"""Pooled descriptors: a backbone's feature maps of one layer, pooled to one vector."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..vectors import Float32Array
from .backbones.registry import get_backbone
from .base import Descriptor
from .fc6 import unit_rows
from .pooling import POOLINGS

PICTURES_AT_A_TIME = 8


class PooledDescriptor(Descriptor):
    """Pools `layer` of `backbone` with `pooling`; norm 1.

    The picture's longest side is scaled to `size` pixels, or, with `squash`, both sides.
    """

    def __init__(
        self, *, backbone: str, layer: str, pooling: str, size: int = 512, squash: bool = False
    ) -> None:
        self.backbone = get_backbone(backbone)
        self.layer, self.pooling, self.size, self.squash = layer, pooling, size, squash
        self.dim = self.backbone.layers[layer].channels

    @property
    def model_id(self) -> str:
        shape = f"{self.size}sq" if self.squash else str(self.size)
        parts = (self.backbone.name, self.backbone.weights_id, self.layer, self.pooling, shape)
        return "/".join(parts)

    @property
    def trained(self) -> bool:
        return self.backbone.trained

    def prepare(self, image: Image.Image) -> Image.Image:
        return image.resize(self.input_size(image), Image.Resampling.BICUBIC)

    def input_size(self, image: Image.Image) -> tuple[int, int]:
        if self.squash:
            return self.size, self.size
        scale = self.size / max(image.size)
        return max(1, round(image.width * scale)), max(1, round(image.height * scale))

    def describe(self, images: Sequence[Image.Image]) -> Float32Array:
        rows = np.empty((len(images), self.dim), dtype=np.float32)
        of_size = defaultdict(list)
        for row, image in enumerate(images):
            of_size[self.input_size(image)].append((row, self.prepare(image)))
        pool = POOLINGS[self.pooling]
        for same in of_size.values():
            for start in range(0, len(same), PICTURES_AT_A_TIME):
                part = same[start : start + PICTURES_AT_A_TIME]
                pixels = self.backbone.network_input([picture for _row, picture in part])
                maps = self.backbone.maps(pixels, [self.layer])[self.layer]
                for (row, _picture), one in zip(part, maps, strict=True):
                    rows[row] = pool(one)
        return unit_rows(rows)
