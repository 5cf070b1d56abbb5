"""Walls and the solids made of them: boxes, towers, cones, domes, roofs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from .camera import Points
from .canvas import Canvas, Colour, brightness, normal

ARC = np.linspace(0, math.pi, 11)


class Face:
    """A flat wall; places on it are (u, v), both 0 to 1, from its lower left corner."""

    def __init__(self, canvas: Canvas, corners: Points, bright: float) -> None:
        self.canvas = canvas
        self.corners = corners
        self.bright = bright
        self.width = float(np.linalg.norm(corners[1] - corners[0]))
        self.height = float(np.linalg.norm(corners[3] - corners[0]))

    def at(self, places: Sequence | Points) -> Points:
        """Return the points in space (..., 3) of places (..., 2) on the wall."""
        uv = np.asarray(places, dtype=float)
        u, v = uv[..., :1], uv[..., 1:]
        low_left, low_right, high_right, high_left = self.corners
        return (low_left * (1 - u) + low_right * u) * (1 - v) + (
            high_left * (1 - u) + high_right * u
        ) * v

    def fill(self, places: Sequence | Points, colour: Colour, *, pane: bool = False) -> None:
        """Fill a polygon on the wall; `pane`: it is glass, and lit from inside at night."""
        shaded = (self.canvas.pane if pane else self.canvas.lit)(colour, self.bright)
        self.canvas.polygon(self.at(places), shaded)

    def rect(
        self, u0: float, v0: float, u1: float, v1: float, colour: Colour, **kind: bool
    ) -> None:
        """Fill a rectangle on the wall."""
        self.fill([(u0, v0), (u1, v0), (u1, v1), (u0, v1)], colour, **kind)

    def arch(
        self,
        u0: float,
        v0: float,
        u1: float,
        v1: float,
        colour: Colour,
        *,
        pointed: bool = False,
        **kind: bool,
    ) -> None:
        """Fill an opening with an arched top; `v1` is the height of its crown."""
        self.fill(arch_outline(u0, v0, u1, v1, self.height / self.width, pointed), colour, **kind)

    def disc(self, u: float, v: float, radius: float, colour: Colour, **kind: bool) -> None:
        """Fill a circle; `radius` in units of space."""
        angle = np.linspace(0, 2 * math.pi, 25)[:-1]
        around = np.stack(
            [u + radius * np.cos(angle) / self.width, v + radius * np.sin(angle) / self.height],
            axis=1,
        )
        self.fill(around, colour, **kind)

    def windows(
        self,
        columns: int,
        rows: int,
        colour: Colour,
        *,
        area: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
        share: tuple[float, float] = (0.5, 0.6),
        variety: float = 0.12,
    ) -> None:
        """Fill a grid of panes in `area` (u0, v0, u1, v1); each takes `share` of its cell."""
        u0, v0, u1, v1 = area
        column, row = np.meshgrid(np.arange(columns), np.arange(rows))
        u = u0 + (column.ravel() + 0.5) * (u1 - u0) / columns
        v = v0 + (row.ravel() + 0.5) * (v1 - v0) / rows
        half_u = share[0] * (u1 - u0) / columns / 2
        half_v = share[1] * (v1 - v0) / rows / 2
        places = np.stack([u, v], axis=1)[:, None, :] + np.array(
            [(-half_u, -half_v), (half_u, -half_v), (half_u, half_v), (-half_u, half_v)]
        )
        # No two panes alike, the same ones in every view of this wall.
        wobble = 1 + variety * np.sin(np.arange(len(u)) * 12.9898 + columns)
        dark = np.sin(np.arange(len(u)) * 78.233 + rows) < -0.35
        panes = [
            self.canvas.lit(colour, self.bright * change * 0.8)
            if off and self.canvas.glow
            else self.canvas.pane(colour, self.bright * change)
            for change, off in zip(wobble, dark, strict=True)
        ]
        self.canvas.polygons(self.at(places), panes)

    def courses(self, count: int, colour: Colour, thickness: float = 0.12) -> None:
        """Draw `count` level bands, `thickness` of their spacing high."""
        for level in range(count):
            v = (level + 1) / (count + 1)
            self.rect(0, v, 1, v + thickness / count, colour)


def arch_outline(
    u0: float, v0: float, u1: float, v1: float, aspect: float, pointed: bool = False
) -> list[tuple[float, float]]:
    """Return the outline of an arched opening; `aspect` is the wall's height over its width."""
    half = (u1 - u0) / 2
    rise = min(half / aspect * (1.7 if pointed else 1.0), (v1 - v0) * 0.8)
    spring = v1 - rise
    if pointed:
        turn = np.linspace(0, 1, 6)
        right = [(u1 - half * t**1.6, spring + rise * t**0.85) for t in turn]
        left = [(u0 + half * t**1.6, spring + rise * t**0.85) for t in turn[::-1]]
        return [(u0, v0), (u1, v0), *right, *left]
    middle = (u0 + u1) / 2
    crown = [(middle + half * math.cos(a), spring + rise * math.sin(a)) for a in ARC]
    return [(u0, v0), (u1, v0), *crown]


Decorate = Callable[[Face, int], None]


def rectangle(x: float, z: float, width: float, depth: float, y: float) -> Points:
    """Return the corners (4, 3) of a level rectangle; its sides are front, right, back, left."""
    half_width, half_depth = width / 2, depth / 2
    return np.array(
        [
            (x - half_width, y, z + half_depth),
            (x + half_width, y, z + half_depth),
            (x + half_width, y, z - half_depth),
            (x - half_width, y, z - half_depth),
        ]
    )


def ring(x: float, z: float, radius: float, y: float, sides: int = 24) -> Points:
    """Return the corners (sides, 3) of a level regular polygon; one side looks to the front."""
    angle = -math.pi / 2 - math.pi / sides + np.arange(sides) * 2 * math.pi / sides
    return np.stack(
        [x + radius * np.cos(angle), np.full(sides, y), z - radius * np.sin(angle)], axis=1
    )


def frustum(
    canvas: Canvas,
    bottom: Points,
    top: Points,
    colour: Colour,
    decorate: Decorate | None = None,
    *,
    shades: int = 1,
    lid: Colour | None = None,
) -> None:
    """Draw the walls between two outlines of as many corners, and the lid.

    `decorate(face, side)` is called for each wall in view. `shades`: the walls grow lighter
    upwards in that many steps. The lid is drawn where it is seen from above.
    """
    count = len(bottom)
    for side in range(count):
        after = (side + 1) % count
        corners = np.array([bottom[side], bottom[after], top[after], top[side]])
        if not canvas.faces_eye(corners):
            continue
        face = Face(canvas, corners, brightness(normal(corners)))
        for step in range(shades):
            change = 1.0 if shades == 1 else 0.88 + 0.16 * step / (shades - 1)
            plain = Face(canvas, corners, face.bright * change)
            plain.rect(0, step / shades, 1, (step + 1) / shades, colour)
        if decorate:
            decorate(face, side)
    if canvas.position[1] > top[:, 1].max():
        canvas.polygon(top, canvas.lit(lid or colour, 0.95))


def eaves(canvas: Canvas, outline: Points, colour: Colour) -> None:
    """Draw the underside of a roof; to be drawn before the walls that carry it."""
    if canvas.position[1] < outline[:, 1].min():
        canvas.polygon(outline, canvas.lit(colour, 0.42))


def block(
    canvas: Canvas,
    place: tuple[float, float],
    size: tuple[float, float, float],
    y: float,
    colour: Colour,
    decorate: Decorate | None = None,
    *,
    taper: float = 1.0,
    shades: int = 5,
    lid: Colour | None = None,
) -> None:
    """Draw a box of `size` (width, height, depth) on level `y`; `taper` narrows its top."""
    (x, z), (width, height, depth) = place, size
    bottom = rectangle(x, z, width, depth, y)
    top = rectangle(x, z, width * taper, depth * taper, y + height)
    frustum(canvas, bottom, top, colour, decorate, shades=shades, lid=lid)


def lathe(
    canvas: Canvas,
    place: tuple[float, float],
    profile: Sequence[tuple[float, float]],
    colours: Colour | list[Colour],
    sides: int = 24,
    decorate: Decorate | None = None,
) -> None:
    """Draw a turned solid from its `profile` of (radius, y), lowest first.

    `colours` is one colour, or a list of one for each step of the profile.
    """
    steps = len(profile) - 1
    each = [colours] * steps if isinstance(colours, tuple) else colours
    for (low, high), colour in zip(pairwise(profile), each, strict=True):
        bottom = ring(*place, low[0], low[1], sides)
        frustum(canvas, bottom, ring(*place, high[0], high[1], sides), colour, decorate)


def gable(
    canvas: Canvas,
    place: tuple[float, float],
    size: tuple[float, float, float],
    y: float,
    roof: Colour,
    wall: Colour,
    *,
    along: str = "x",
    decorate: Decorate | None = None,
) -> None:
    """Draw a saddle roof of `size` (width, height, depth) on level `y`; `along`: its ridge."""
    (x, z), (width, height, depth) = place, size
    bottom = rectangle(x, z, width, depth, y)
    if along == "x":
        top = rectangle(x, z, width, 0, y + height)
    else:
        top = rectangle(x, z, 0, depth, y + height)
    slopes = (0, 2) if along == "x" else (1, 3)
    for side in range(4):
        after = (side + 1) % 4
        corners = np.array([bottom[side], bottom[after], top[after], top[side]])
        if canvas.faces_eye(corners):
            face = Face(canvas, corners, brightness(normal(corners)))
            face.rect(0, 0, 1, 1, roof if side in slopes else wall)
            if decorate:
                decorate(face, side)


def dome(
    radius: float, y: float, rise: float, *, steps: int = 9, neck: float = 0.06
) -> list[tuple[float, float]]:
    """Return the profile of a dome that starts at level `y`."""
    angle = np.linspace(0, math.pi / 2, steps)
    return [(max(radius * math.cos(a), neck * radius), y + rise * math.sin(a)) for a in angle]


def from_far_to_near(
    canvas: Canvas, parts: Sequence[tuple[float, float, Callable[[], None]]]
) -> None:
    """Draw parts given as (x, z, draw) so that nearer ones come last."""
    eye = canvas.position
    for _x, _z, draw in sorted(parts, key=lambda p: -math.hypot(p[0] - eye[0], p[1] - eye[2])):
        draw()
