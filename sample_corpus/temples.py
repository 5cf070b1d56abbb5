"""Landmarks of temple architecture. Each function draws one, standing at the origin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .camera import Points
from .canvas import Canvas
from .solids import Face, block, eaves, frustum, lathe, rectangle


def pagoda(canvas: Canvas) -> None:
    """Five storeys of red timber under wide green roofs with lifted corners."""
    red, tile, cream = (186, 48, 40), (44, 98, 84), (240, 222, 190)
    block(
        canvas,
        (0, 0),
        (6.2, 0.7, 6.2),
        0,
        (168, 160, 150),
        lambda f, s: f.courses(2, (130, 124, 118)),
    )
    y = 0.7

    def storey(face: Face, side: int) -> None:
        face.rect(0, 0.1, 1, 0.75, cream)
        for column in range(5):
            face.rect(column * 0.235, 0, column * 0.235 + 0.06, 1, (150, 34, 30))
        face.arch(0.36, 0, 0.64, 0.72, (74, 40, 32), pane=True)
        face.rect(0, 0.78, 1, 0.86, (232, 180, 70))

    for tier in range(5):
        wide = 3.5 - 0.42 * tier
        eaves(canvas, lifted(wide * 1.62, wide * 1.62, y + 0.98, 0.3), (150, 60, 44))
        block(canvas, (0, 0), (wide, 1.15, wide), y, red, storey)
        swept_roof(canvas, wide * 1.62, wide * 1.62, wide * 0.8, wide * 0.8, y + 0.98, 0.72, tile)
        y += 1.55
    gold = (236, 190, 74)
    lathe(canvas, (0, 0), [(0.3, y), (0.14, y + 0.3), (0.1, y + 0.9), (0.22, y + 1.0)], gold, 10)
    lathe(canvas, (0, 0), [(0.22, y + 1.0), (0.16, y + 1.25), (0.03, y + 1.9)], gold, 10)


def communal_house(canvas: Canvas) -> None:
    """A Vietnamese communal house: red columns on a stone terrace under one vast tiled roof."""
    tile, red, wood = (190, 92, 56), (158, 40, 34), (104, 58, 40)
    block(
        canvas,
        (0, 0),
        (10.4, 0.5, 6.0),
        0,
        (176, 166, 152),
        lambda f, s: f.courses(2, (140, 132, 122)),
    )
    block(canvas, (0, 3.2), (2.6, 0.28, 1.0), 0, (190, 180, 166))

    def panels(face: Face, side: int) -> None:
        many = 9 if side in (0, 2) else 4
        face.windows(many, 1, (72, 38, 30), area=(0, 0.05, 1, 0.95), share=(0.78, 0.9))
        face.windows(many * 2, 1, (206, 160, 92), area=(0, 0.55, 1, 0.85), share=(0.3, 0.8))

    eaves(canvas, lifted(11.8, 7.4, 2.0, 0.75), (150, 70, 48))
    block(canvas, (0, 0), (8.4, 1.7, 4.0), 0.5, wood, panels)
    for x in np.linspace(-4.5, 4.5, 8):
        lathe(canvas, (x, 2.55), [(0.26, 0.5), (0.16, 0.62), (0.16, 2.2)], red, 8)
    swept_roof(canvas, 11.8, 7.4, 7.6, 0.9, 2.0, 3.1, tile, lift=0.75)
    block(canvas, (0, 0), (7.9, 0.42, 0.5), 4.95, (214, 196, 160))
    for side in (-1, 1):
        curl = [(3.7, 5.2), (4.3, 5.3), (4.6, 5.9), (4.2, 6.15), (4.15, 5.7), (3.6, 5.6)]
        canvas.polygon([(side * a, b, 0) for a, b in curl], canvas.lit((214, 196, 160)))
    for side in (-1, 1):
        wave = [(0.5, 5.35), (1.5, 5.35), (1.2, 5.75), (0.8, 5.6)]
        canvas.polygon([(side * a, b, 0) for a, b in wave], canvas.lit((110, 150, 120)))
    canvas.ball((0, 5.75, 0), 0.33, (240, 168, 60))


def pyramid(canvas: Canvas) -> None:
    """A stepped pyramid of pale stone, a broad stairway, a temple on top."""
    stone, dark = (212, 192, 150), (150, 128, 96)
    y, wide = 0.0, 10.0
    for _step in range(7):
        block(
            canvas,
            (0, 0),
            (wide, 0.85, wide),
            y,
            stone,
            lambda f, s: f.courses(2, dark, 0.1),
            taper=0.94,
            shades=3,
        )
        y, wide = y + 0.85, wide - 1.15

    def cella(face: Face, side: int) -> None:
        face.rect(0, 0.8, 1, 0.9, dark)
        face.windows(3, 1, (72, 56, 48), area=(0.1, 0, 0.9, 0.72), share=(0.45, 1.0))

    foot, head = 5.9, 1.45
    stair = np.array([(-1.0, 0, foot), (1.0, 0, foot), (0.85, y, head), (-0.85, y, head)])
    if canvas.faces_eye(stair):
        ramp = Face(canvas, stair, 1.02)
        ramp.rect(0, 0, 1, 1, (190, 168, 128))
        ramp.courses(26, (146, 124, 92), 0.42)
        ramp.rect(0, 0, 0.1, 1, (228, 210, 172))
        ramp.rect(0.9, 0, 1, 1, (228, 210, 172))
    block(canvas, (0, 0), (2.1, 1.3, 1.8), y, (222, 204, 164), cella)
    block(canvas, (0, 0), (1.9, 0.5, 1.6), y + 1.3, (198, 92, 62), taper=0.7)


def swept_roof(
    canvas: Canvas,
    width: float,
    depth: float,
    top_width: float,
    top_depth: float,
    y: float,
    rise: float,
    colour: tuple[int, int, int],
    *,
    lift: float = 0.3,
) -> None:
    """Draw a concave roof whose corners turn up, from the eaves at `y` to its top outline."""
    outlines = []
    for t in (0.0, 0.35, 0.7, 1.0):
        wide = width + (top_width - width) * t
        deep = depth + (top_depth - depth) * t
        outlines.append(lifted(wide, deep, y + rise * t**1.5, lift * (1 - t) ** 2))

    def tiles(face: Face, side: int) -> None:
        for row in range(6):
            face.rect(row / 6, 0, row / 6 + 0.05, 1, tuple(int(c * 0.78) for c in colour))

    for low, high in pairwise(outlines):
        frustum(canvas, low, high, colour, tiles)
    up = np.array([0.0, 0.1, 0.0])
    edge = tuple(min(255, int(c * 1.35) + 14) for c in colour)
    for start, end in zip(outlines[0], np.roll(outlines[0], -1, axis=0), strict=True):
        if canvas.faces_eye(np.array([start, end, end + up, start + up])):
            canvas.beam(start, end, 0.11, edge)


def lifted(width: float, depth: float, y: float, lift: float) -> Points:
    """Return a level rectangle (8, 3), corners and middles of sides, its corners raised."""
    corners = rectangle(0, 0, width, depth, y)
    middles = (corners + np.roll(corners, -1, axis=0)) / 2
    corners[:, 1] += lift
    return np.stack([corners, middles], axis=1).reshape(8, 3)
