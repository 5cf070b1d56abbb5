"""RootSIFT: points that stay the same when a picture is scaled, cropped or lit otherwise.

Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004, as OpenCV computes
it; the descriptors by Arandjelović & Zisserman, "Three Things Everyone Should Know to Improve
Object Retrieval", CVPR 2012, section 3. No trained network.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from PIL import Image

from ..base import Prepared
from .base import LocalDescriptor
from .features import LocalFeatures, without_features
from .spreading import spread

# A unit vector's components times this, in bytes: one of 128 is seldom above a third.
SCALE = 512
# Of the places, how many are divided evenly over the picture.
EVENLY = 0.7
# Where SIFT finds nothing to stand on.
SMALLEST = 16
BOUNDS: dict[str, tuple[float, float]] = {
    "features": (50, 10_000),
    "side": (128, 2048),
    "contrast": (0.001, 0.2),
}


class RootSift(LocalDescriptor):
    """At most `features` points of a grey picture that is at most `side` pixels long.

    `upright`: no orientations, because photographs stand upright; without, turned pictures are
    found, too. `contrast`: the threshold of OpenCV, below which a point is too faint.
    """

    title = _("Local features (RootSIFT)")
    purpose = _("Proves that two pictures show the same thing, even small, cropped or half hidden.")
    trained = True

    def __init__(
        self,
        *,
        features: int = 2000,
        side: int = 1024,
        upright: bool = True,
        contrast: float = 0.02,
    ) -> None:
        self.features, self.side = features, side
        self.upright, self.contrast = upright, contrast

    @classmethod
    def check(cls, **options: Any) -> None:
        for name, (low, high) in BOUNDS.items():
            value = options.get(name, low)
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
                raise ImproperlyConfigured(f"RootSift takes a number as {name}, not {value!r}.")
            if not low <= value <= high or (name != "contrast" and value != int(value)):
                raise ImproperlyConfigured(
                    f"RootSift has {name} {value!r}: from {low:g} to {high:g}."
                )
        if not isinstance(options.get("upright", True), bool):
            raise ImproperlyConfigured(
                f"RootSift has upright {options['upright']!r}: true or false."
            )

    @property
    def model_id(self) -> str:
        frames = "upright" if self.upright else "oriented"
        return f"rootsift/{self.features}/{self.side}px/{frames}/c{self.contrast:g}/1"

    def prepare(self, image: Image.Image) -> LocalFeatures:
        """Find and describe the points at once.

        OpenCV leaves the interpreter to others meanwhile, and a set is smaller than a picture.
        """
        # Pillow's reduction, like every other descriptor's, and its luma (ITU-R BT.601).
        grey = image.convert("L")
        grey.thumbnail((self.side, self.side), Image.Resampling.LANCZOS)
        return self.points_of(np.asarray(grey))

    def describe(self, images: Sequence[Prepared]) -> list[LocalFeatures]:
        return [one if isinstance(one, LocalFeatures) else self.prepare(one) for one in images]

    def points_of(self, grey: npt.NDArray[np.uint8]) -> LocalFeatures:
        """Return the points of grey pixels (H, W), those of the largest response first."""
        # At first use: a server that never needs it starts without its 60 MB.
        import cv2

        size = (grey.shape[1], grey.shape[0])
        if min(size) < SMALLEST:
            return without_features(size)
        sift = cv2.SIFT.create(nfeatures=0, contrastThreshold=self.contrast)
        found = sift.detect(grey, None)
        facts = np.array(
            [(*point.pt, point.size, point.angle, point.response) for point in found], np.float32
        ).reshape(-1, 5)
        kept = self.chosen(facts, size)
        if not len(kept):
            return without_features(size)
        points = [found[place] for place in kept]
        if self.upright:
            facts[:, 3] = 0
            for point in points:
                point.angle = 0
        # SIFT leaves none of them out, and keeps their order.
        _points, rows = sift.compute(grey, points)
        descriptors, facts = root(np.asarray(rows, np.float32)), facts[kept]
        return LocalFeatures(size, facts[:, :2], facts[:, 2], facts[:, 3], descriptors)

    def chosen(
        self, facts: npt.NDArray[np.float32], size: tuple[int, int]
    ) -> npt.NDArray[np.int64]:
        """Return which of the points (N, 5) to keep, the strongest first."""
        single = np.arange(len(facts))
        if self.upright:
            # A point with two orientations comes twice; upright it is one.
            single = np.sort(np.unique(facts[:, :3], axis=0, return_index=True)[1])
        kept = spread(
            facts[single, :2],
            facts[single, 4],
            size=size,
            most=self.features,
            share=EVENLY,
        )
        return single[kept]


def root(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return SIFT descriptors (N, 128) as RootSIFT in bytes: roots of each one's shares."""
    shares = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
    return np.minimum(np.rint(np.sqrt(shares) * SCALE), 255).astype(np.uint8)
