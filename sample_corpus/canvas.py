"""A picture being drawn: flat shaded shapes in space, and a record of what the landmark covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .camera import Camera, Points

Colour = tuple[int, ...]  # red, green, blue and, where it is translucent, alpha; 0 to 255
Position = Sequence[float] | Points  # x, y, z

SUPERSAMPLE = 2  # drawn this many times larger, then reduced: smooth edges
MASK_SHRINK = 4  # pixels of the picture in one pixel of the mask, per side
MASK_REACH = 2  # the mask shows this many picture sizes beyond every side of the picture
LIGHT = np.array([-0.52, 0.62, 0.59])  # where the sun is: left, above, in front
WINDOW_GLOW = (255, 212, 128)


class Canvas:
    """Draws shapes in space as `camera` sees them, later ones over earlier ones.

    What is drawn while `marking` is True counts as landmark, while it is False as something that
    hides the landmark; while it is None it counts as neither. `tint` multiplies every colour (the
    light of the hour), `glow` (0 to 1) is how brightly windows are lit from inside.
    """

    def __init__(
        self,
        camera: Camera,
        backdrop: Image.Image,
        *,
        tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
        glow: float = 0.0,
    ) -> None:
        width, height = camera.size
        self.camera = camera
        self.tint = tint
        self.glow = glow
        self.marking: bool | None = None
        self.position = camera.position
        self.image = backdrop.resize((width * SUPERSAMPLE, height * SUPERSAMPLE))
        self._opaque = ImageDraw.Draw(self.image)
        self._translucent = ImageDraw.Draw(self.image, "RGBA")
        reach = 1 + 2 * MASK_REACH
        self.mask = Image.new("L", (width * reach // MASK_SHRINK, height * reach // MASK_SHRINK))
        self._mask_draw = ImageDraw.Draw(self.mask)
        self._mask_origin = np.array([-width * MASK_REACH, -height * MASK_REACH])
        self._bounds: list[Points] = []

    # What is seen of the landmark

    def covered(self) -> int:
        """Count the mask pixels that the landmark covers by now, in and outside the picture."""
        return self.mask.histogram()[255]

    def covered_inside(self) -> int:
        """Count the mask pixels that the landmark covers by now within the picture."""
        width, height = (side // MASK_SHRINK for side in self.camera.size)
        left, top = width * MASK_REACH, height * MASK_REACH
        return self.mask.crop((left, top, left + width, top + height)).histogram()[255]

    def box(self) -> tuple[float, float, float, float]:
        """Return the landmark's box (x1, y1, x2, y2) in pixels, cut at the picture's sides."""
        low = np.maximum(np.min([flat.min(axis=0) for flat in self._bounds], axis=0), 0)
        high = np.minimum(np.max([flat.max(axis=0) for flat in self._bounds], axis=0), self.size)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the finished picture in pixels."""
        return self.camera.size

    def finished(self) -> Image.Image:
        """Return the picture at its final size."""
        return self.image.reduce(SUPERSAMPLE)

    # Colours

    def lit(self, colour: Colour, brightness: float = 1.0) -> Colour:
        """Return a colour in the light of the hour; shade is a little bluer than light."""
        red, green, blue = self.tint
        return (
            min(255, int(colour[0] * red * brightness)),
            min(255, int(colour[1] * green * brightness)),
            min(255, int(colour[2] * blue * brightness**0.8)),
            *colour[3:],
        )

    def pane(self, colour: Colour, brightness: float = 1.0) -> Colour:
        """Return the colour of a window pane: glass by day, lamplight at night."""
        glass = self.lit(colour, brightness)
        return tuple(
            int(value + (lamp - value) * self.glow)
            for value, lamp in zip(glass, WINDOW_GLOW, strict=True)
        )

    # Shapes in the picture, in pixels

    def shape(self, flat: Points, colour: Colour) -> None:
        """Fill a polygon given as (N, 2) pixels with a colour taken as it is."""
        if len(flat) < 3:
            return
        if len(colour) == 4:
            self._translucent.polygon((flat * SUPERSAMPLE).ravel().tolist(), fill=colour)
            return
        self._opaque.polygon((flat * SUPERSAMPLE).ravel().tolist(), fill=colour)
        if self.marking is not None:
            on_mask = (flat - self._mask_origin) / MASK_SHRINK
            self._mask_draw.polygon(on_mask.ravel().tolist(), fill=255 * self.marking)
            if self.marking:
                self._bounds.append(flat)

    def disc(self, x: float, y: float, radius: float, colour: Colour, flat: float = 1.0) -> None:
        """Fill an ellipse around the pixel (x, y), `flat` times as high as it is wide."""
        edges = np.array([x - radius, y - radius * flat, x + radius, y + radius * flat])
        pen = self._translucent if len(colour) == 4 else self._opaque
        pen.ellipse((edges * SUPERSAMPLE).tolist(), fill=colour)
        if self.marking is not None and len(colour) == 3:
            on_mask = (edges - np.tile(self._mask_origin, 2)) / MASK_SHRINK
            self._mask_draw.ellipse(on_mask.tolist(), fill=255 * self.marking)
            if self.marking:
                self._bounds.append(edges.reshape(2, 2))

    # Shapes in space

    def polygon(self, points: Sequence | Points, colour: Colour) -> None:
        """Fill a polygon given as (N, 3) points with a colour taken as it is."""
        self.shape(self.camera.outline(np.asarray(points, dtype=float)), colour)

    def polygons(self, points: Points, colours: Sequence[Colour]) -> None:
        """Fill (M, N, 3) polygons, one colour each; quicker than one at a time."""
        for flat, colour in zip(self.camera.project(points), colours, strict=True):
            self.shape(flat, colour)

    def beam(self, start: Position, end: Position, width: float, colour: Colour) -> None:
        """Draw a bar between two points, `width` units thick, always facing the eye."""
        flat = self.camera.project(np.array([start, end], dtype=float))
        scale = self.camera.focal / self.camera.seen(np.array([start, end], dtype=float))[:, 2]
        along = flat[1] - flat[0]
        length = float(np.hypot(*along)) or 1.0
        across = np.array([-along[1], along[0]]) / length * width / 2
        corners = [
            flat[0] + across * scale[0],
            flat[1] + across * scale[1],
            flat[1] - across * scale[1],
            flat[0] - across * scale[0],
        ]
        self.shape(np.array(corners), self.lit(colour))

    def ball(self, centre: Position, radius: float, colour: Colour) -> None:
        """Draw a sphere: a disc with a lighter side towards the sun."""
        x, y = self.camera.project(np.array(centre, dtype=float))
        pixels = radius * self.camera.focal / float(self.camera.seen(np.array(centre, float))[2])
        for step in range(9):
            inset = step / 9
            shift = pixels * inset * 0.42
            brightness = 0.58 + 0.55 * inset
            size = pixels * (1 - inset) ** 0.8
            self.disc(x - shift, y - shift, size, self.lit(colour, brightness))

    def faces_eye(self, corners: Points) -> bool:
        """Whether a face (4, 3), corners counter-clockwise from outside, shows its outside."""
        return float(np.dot(normal(corners), self.position - corners[0])) > 0


def normal(corners: Points) -> Points:
    """Return the outward unit vector of a face whose corners go counter-clockwise from outside."""
    (ax, ay, az), (bx, by, bz) = corners[2] - corners[0], corners[3] - corners[1]
    vector = np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
    length = float(np.sqrt(vector @ vector))
    return vector / length if length else vector


def brightness(outward: Points) -> float:
    """How bright a surface is that looks towards `outward`, about 0.5 to 1.1."""
    return 0.56 + 0.54 * max(0.0, float(outward @ LIGHT))
