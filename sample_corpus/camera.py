"""From points in space to points in a picture.

Space is measured in units of about four metres: x to the right, y up, z towards a viewer who
stands in front of the landmark. The landmark stands at the origin, the ground is y = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

NEAR = 0.3  # nothing closer to the eye than this is drawn


@dataclass(frozen=True)
class Camera:
    """An eye that walks around the landmark.

    `yaw`, `pitch` and `roll` in radians, `distance` (from the landmark) and `eye` (height above
    the ground) in units of space; `size`, `focal` and `centre` in pixels. The centre need not lie
    in the picture: a picture may be a part cut from a larger view.
    """

    size: tuple[int, int]
    yaw: float = 0.0
    distance: float = 30.0
    eye: float = 1.2
    pitch: float = 0.0
    roll: float = 0.0
    focal: float = 600.0
    centre: tuple[float, float] = (320.0, 240.0)

    @cached_property
    def position(self) -> Points:
        """Where the eye is, (3,)."""
        return np.array(
            [self.distance * math.sin(self.yaw), self.eye, self.distance * math.cos(self.yaw)]
        )

    def horizon(self, x: Points) -> Points:
        """Height in pixels (down from the top) of the horizon at the pixel columns `x`."""
        level = self.centre[1] + self.focal * math.tan(self.pitch)
        return level + (np.asarray(x, dtype=float) - self.size[0] / 2) * math.tan(self.roll)

    def seen(self, points: Points) -> Points:
        """Return (..., 3) coordinates as the eye has them: right, up, depth."""
        relative = np.asarray(points, dtype=float) - self.position
        return relative @ self._axes

    @cached_property
    def _axes(self) -> Points:
        """Columns: where right, up and forward of the eye point to in space."""
        sine, cosine = math.sin(self.yaw), math.cos(self.yaw)
        lift, level = math.sin(self.pitch), math.cos(self.pitch)
        return np.array(
            [
                [cosine, sine * lift, -sine * level],
                [0, level, lift],
                [-sine, cosine * lift, -cosine * level],
            ]
        )

    def flatten(self, seen: Points) -> Points:
        """Return (..., 2) pixels for coordinates as the eye has them."""
        scale = self.focal / np.maximum(seen[..., 2], NEAR)
        x = self.centre[0] + seen[..., 0] * scale
        y = self.centre[1] - seen[..., 1] * scale
        if self.roll:
            middle_x, middle_y = self.size[0] / 2, self.size[1] / 2
            sine, cosine = math.sin(self.roll), math.cos(self.roll)
            x, y = x - middle_x, y - middle_y
            x, y = middle_x + x * cosine - y * sine, middle_y + x * sine + y * cosine
        flat = np.empty((*x.shape, 2))
        flat[..., 0], flat[..., 1] = x, y
        return flat

    def project(self, points: Points) -> Points:
        """Return (..., 2) pixels; points behind the eye come out as if right before it."""
        return self.flatten(self.seen(points))

    def outline(self, points: Points) -> Points:
        """Return the (M, 2) pixels of an (N, 3) polygon, cut where it passes behind the eye."""
        seen = self.seen(points)
        if seen[:, 2].min() < NEAR:
            seen = cut_near(seen)
        return self.flatten(seen) if len(seen) else np.empty((0, 2))

    def scale_at(self, x: float, z: float) -> float:
        """Pixels that one unit of space covers at the place (x, z), 0 behind the eye."""
        depth = float(self.seen(np.array([x, 0.0, z]))[2])
        return self.focal / depth if depth > NEAR else 0.0


def cut_near(seen: Points) -> Points:
    """Cut a polygon (N, 3), in the eye's coordinates, at the plane `NEAR`."""
    kept = []
    for here, there in zip(seen, np.roll(seen, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            kept.append(here + (there - here) * ((NEAR - here[2]) / (there[2] - here[2])))
    return np.array(kept)


def aim(
    camera: Camera, extent: tuple[float, float, float], fill: float, at: tuple[float, float]
) -> Camera:
    """Return `camera` with focal length and centre set so that a landmark fills the picture.

    `extent` is the landmark's width, height and depth in units of space; `fill` the share of the
    picture's width or height (whichever is tighter) that it shall span, above 1 for a picture of
    a part; `at` where its middle shall be, as shares of the picture's width and height.
    """
    width, height, depth = extent
    corners = np.array(
        [
            (x * width / 2, y * height, z * depth / 2)
            for x in (-1, 1)
            for y in (0, 1)
            for z in (-1, 1)
        ]
    )
    unit = replace(camera, focal=1.0, centre=(0.0, 0.0), roll=0.0)
    flat = unit.project(corners)
    low, high = flat.min(axis=0), flat.max(axis=0)
    focal = fill * float(min(np.array(camera.size) / (high - low)))
    middle = (low + high) / 2 * focal
    centre = (
        at[0] * camera.size[0] - float(middle[0]),
        at[1] * camera.size[1] - float(middle[1]),
    )
    return replace(camera, focal=focal, centre=centre)
