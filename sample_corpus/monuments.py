"""Landmarks that are broad. Each function draws one, standing at the origin."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from .canvas import Canvas
from .solids import (
    Face,
    block,
    dome,
    from_far_to_near,
    gable,
    lathe,
)


def basilica(canvas: Canvas) -> None:
    """Cream stone, a green dome on a drum, a columned porch, two turrets."""
    stone, pale, copper = (232, 212, 176), (246, 232, 204), (104, 160, 140)

    def wing(face: Face, side: int) -> None:
        many = 9 if side in (0, 2) else 5
        face.windows(many, 1, (112, 96, 84), area=(0, 0.1, 1, 0.9), share=(0.34, 0.7))
        face.rect(0, 0.93, 1, 1, pale)

    block(canvas, (0, -1), (9.0, 2.8, 5.0), 0.3, stone, wing)
    block(canvas, (0, -1), (7.0, 0.7, 4.2), 3.1, (190, 150, 120), taper=0.8)
    lathe(canvas, (0, -1), [(2.15, 3.6), (2.15, 5.3)], stone, 16, drum)
    lathe(canvas, (0, -1), [(2.35, 5.3), (2.35, 5.5)], pale, 24)
    lathe(canvas, (0, -1), dome(2.15, 5.5, 2.5), copper, 24)
    lathe(canvas, (0, -1), [(0.42, 7.9), (0.42, 8.6)], pale, 10)
    lathe(canvas, (0, -1), [*dome(0.5, 8.6, 0.5, steps=4), (0.02, 9.9)], (226, 184, 80), 10)

    from_far_to_near(
        canvas,
        [
            (-3.7, 1.3, lambda: turret(canvas, -3.7)),
            (3.7, 1.3, lambda: turret(canvas, 3.7)),
            (0, 2, lambda: porch(canvas)),
        ],
    )


def turret(canvas: Canvas, x: float) -> None:
    """Draw a small domed tower of the basilica."""

    def belfry_arch(face: Face, side: int) -> None:
        face.arch(0.3, 0.62, 0.7, 0.92, (96, 84, 76))

    block(canvas, (x, 1.3), (1.5, 4.2, 1.5), 0.3, (246, 232, 204), belfry_arch)
    cupola = [(0.85, 4.5), *dome(0.72, 4.65, 0.95, steps=6), (0.02, 6.2)]
    lathe(canvas, (x, 1.3), cupola, (104, 160, 140), 14)


def drum(face: Face, side: int) -> None:
    """Draw a window of the dome's drum."""
    face.arch(0.24, 0.12, 0.76, 0.86, (104, 90, 82), pane=True)


def porch(canvas: Canvas) -> None:
    """Draw the basilica's steps, six columns and pediment."""
    pale = (248, 236, 210)
    block(canvas, (0, 2.3), (5.6, 0.3, 2.2), 0, (214, 200, 176))
    block(
        canvas,
        (0, 1.7),
        (4.6, 2.6, 0.6),
        0.3,
        (150, 128, 108),
        lambda f, s: f.arch(0.4, 0, 0.6, 0.8, (78, 60, 52)),
    )
    for x in np.linspace(-2.1, 2.1, 6):
        lathe(canvas, (x, 2.75), [(0.25, 0.3), (0.21, 0.45), (0.18, 2.6), (0.27, 2.75)], pale, 10)
    block(canvas, (0, 2.3), (5.0, 0.45, 1.5), 2.75, pale)
    gable(canvas, (0, 2.3), (5.3, 1.05, 1.7), 3.2, (190, 150, 120), pale, along="z")


def cathedral(canvas: Canvas) -> None:
    """Grey stone, two pointed spires, a rose window, a long nave with buttresses."""
    stone, slate, light = (164, 164, 170), (82, 92, 112), (190, 190, 194)

    def nave(face: Face, side: int) -> None:
        if side in (1, 3):
            for bay in range(6):
                left = bay / 6
                face.arch(
                    left + 0.05, 0.2, left + 0.115, 0.86, (70, 78, 104), pointed=True, pane=True
                )
                face.rect(left + 0.135, 0, left + 0.165, 0.92, (140, 140, 148))

    block(canvas, (0, -2.6), (3.2, 3.8, 6.4), 0, stone, nave)
    gable(canvas, (0, -2.6), (3.5, 2.0, 6.6), 3.8, slate, stone, along="z")

    def facade() -> None:
        block(canvas, (0, 0.9), (2.2, 4.8, 1.0), 0, light, gothic_front)
        gable(canvas, (0, 0.9), (2.3, 1.3, 0.9), 4.8, slate, light, along="z")

    def spire(x: float) -> None:
        block(canvas, (x, 0.8), (1.55, 6.2, 1.55), 0, stone, belfry)
        block(canvas, (x, 0.8), (1.72, 0.16, 1.72), 6.2, light)
        for dx in (-0.68, 0.68):
            block(canvas, (x + dx, 1.48), (0.26, 0.95, 0.26), 6.36, light, taper=0.05, shades=1)
        lathe(canvas, (x, 0.8), [(0.82, 6.36), (0.02, 10.6)], slate, 8)

    from_far_to_near(
        canvas,
        [(-1.8, 0.8, lambda: spire(-1.8)), (0, 0.9, facade), (1.8, 0.8, lambda: spire(1.8))],
    )


def gothic_front(face: Face, side: int) -> None:
    """Draw the cathedral's portal and rose window."""
    if side:
        return
    face.arch(0.22, 0, 0.78, 0.4, (132, 132, 140), pointed=True)
    face.arch(0.3, 0, 0.7, 0.33, (70, 52, 48), pointed=True)
    face.disc(0.5, 0.66, 0.78, (132, 132, 140))
    for petal in range(10):
        angle = petal * math.pi / 5
        u, v = 0.5 + 0.21 * math.cos(angle), 0.66 + 0.096 * math.sin(angle)
        face.disc(u, v, 0.15, ((74, 92, 168), (150, 60, 84))[petal % 2], pane=True)
    face.disc(0.5, 0.66, 0.22, (214, 166, 84), pane=True)


def belfry(face: Face, side: int) -> None:
    """Draw the windows of a spire's tower."""
    face.arch(0.3, 0, 0.7, 0.24, (70, 60, 62), pointed=True)
    for low, high in ((0.32, 0.56), (0.64, 0.93)):
        for left in (0.16, 0.55):
            face.arch(left, low, left + 0.28, high, (66, 70, 88), pointed=True, pane=True)
    face.rect(0, 0.59, 1, 0.61, (190, 190, 194))


def castle(canvas: Canvas) -> None:
    """Tan walls with battlements on a green mound, round towers under blue cones, a keep."""
    wall, dark = (206, 186, 148), (120, 104, 86)
    lathe(canvas, (0, 0), [(7.2, 0), (6.2, 0.7), (5.2, 1.1)], (106, 138, 74), 20)
    y = 1.0

    def curtain(face: Face, side: int) -> None:
        face.windows(6, 1, dark, area=(0.1, 0.4, 0.9, 0.75), share=(0.1, 0.8))
        if side == 0:
            face.arch(0.42, 0, 0.58, 0.72, (84, 66, 54))

    def walls(width: float, depth: float, high: float) -> None:
        block(canvas, (0, 0), (width, high, depth), y, wall, curtain)
        battlements(canvas, width, depth, y + high)

    def keep() -> None:
        block(canvas, (-0.5, -0.8), (2.4, 5.0, 2.2), y, (218, 200, 164), keep_wall)
        block(canvas, (-0.5, -0.8), (2.7, 1.9, 2.5), y + 5.0, (64, 92, 146), taper=0.06)

    towers = [
        (x, z, (lambda x=x, z=z: round_tower(canvas, x, z, y)))
        for x in (-3.1, 3.1)
        for z in (-2.2, 2.2)
    ]
    from_far_to_near(canvas, towers[0:1] + towers[2:3])
    from_far_to_near(
        canvas, [(0, 0, keep), (1.3, 0, lambda: round_tower(canvas, 1.5, -0.4, y, 0.6, 5.6))]
    )
    walls(6.2, 4.4, 2.2)
    from_far_to_near(canvas, towers[1:2] + towers[3:4])


def battlements(canvas: Canvas, width: float, depth: float, y: float) -> None:
    """Draw merlons along the front of a wall."""
    for x in np.arange(-width / 2 + 0.2, width / 2, 0.42):
        block(canvas, (x, depth / 2 - 0.1), (0.24, 0.3, 0.2), y, (214, 194, 158), shades=1)


def keep_wall(face: Face, side: int) -> None:
    """Draw the windows of the keep."""
    face.windows(2, 2, (72, 66, 70), area=(0.1, 0.5, 0.9, 0.95), share=(0.3, 0.6))


def round_tower(
    canvas: Canvas, x: float, z: float, y: float, radius: float = 0.85, high: float = 3.4
) -> None:
    """Draw a tower of the castle, its foot at level `y`."""
    wall = (212, 192, 154)
    lathe(
        canvas, (x, z), [(radius * 1.1, y), (radius, y + 0.6), (radius, y + high)], wall, 18, slit
    )
    top = [(radius * 1.15, y + high - 0.1), (radius * 1.15, y + high + 0.35)]
    lathe(canvas, (x, z), top, (222, 204, 168), 18)
    lathe(
        canvas, (x, z), [(radius * 1.3, y + high + 0.35), (0.02, y + high + 2.0)], (64, 92, 146), 18
    )
    tip = y + high + 1.9
    canvas.beam((x, tip, z), (x, tip + 0.8, z), 0.05, (80, 70, 64))
    flag = [(x, tip + 0.8, z), (x + 0.6, tip + 0.65, z), (x, tip + 0.45, z)]
    canvas.polygon(flag, canvas.lit((206, 52, 48)))


def slit(face: Face, side: int) -> None:
    """Draw an arrow slit on every fourth side of a round tower."""
    if side % 4 == 0:
        face.rect(0.36, 0.5, 0.64, 0.72, (84, 72, 64))


def aqueduct(canvas: Canvas) -> None:
    """Two tiers of arches in ochre stone across a valley."""
    stone, shade = (216, 178, 122), (150, 118, 82)

    def tier(y: float, high: float, count: int, thick: float) -> None:
        wide = 15.0 / count
        piers = np.linspace(-7.5, 7.5, count + 1)
        for x in sorted(piers, key=lambda p: -abs(p - canvas.position[0])):
            block(
                canvas,
                (x, 0),
                (wide * 0.3, high, thick),
                y,
                stone,
                lambda f, s: f.courses(5, shade, 0.08),
            )
        for x in sorted((piers[:-1] + piers[1:]) / 2, key=lambda p: -abs(p - canvas.position[0])):
            arch_span(canvas, x, wide, y, high, thick)
        block(canvas, (0, 0), (15.9, 0.32, thick + 0.25), y + high, (228, 194, 142), shades=1)

    tier(0, 3.5, 5, 1.7)
    tier(3.82, 2.3, 10, 1.3)
    block(canvas, (0, 0), (15.6, 0.7, 1.0), 6.44, stone, lambda f, s: f.courses(1, shade, 0.08))


def arch_span(canvas: Canvas, x: float, wide: float, y: float, high: float, thick: float) -> None:
    """Draw what lies between two piers: the arch's underside and the wall above it."""
    radius, spring = wide * 0.36, y + high - wide * 0.42
    angle = np.linspace(0, math.pi, 13)
    under = [(x + radius * math.cos(a), spring + radius * math.sin(a)) for a in angle]
    for (ax, ay), (bx, by) in pairwise(under):
        strip = [
            (ax, ay, thick / 2),
            (ax, ay, -thick / 2),
            (bx, by, -thick / 2),
            (bx, by, thick / 2),
        ]
        canvas.polygon(strip, canvas.lit((170, 134, 92), 0.62))
    wall = [
        (x + wide / 2, spring),
        *under,
        (x - wide / 2, spring),
        (x - wide / 2, y + high),
        (x + wide / 2, y + high),
    ]
    # The outline is concave: drawn as one polygon, its first point joins the last along the top.
    canvas.polygon([(a, b, thick / 2) for a, b in wall], canvas.lit((216, 178, 122), 0.94))
    rim = [(x + radius * 1.16 * math.cos(a), spring + radius * 1.16 * math.sin(a)) for a in angle]
    band = [(a, b, thick / 2 + 0.01) for a, b in [*under, *rim[::-1]]]
    canvas.polygon(band, canvas.lit((188, 146, 96), 0.9))


def opera_house(canvas: Canvas) -> None:
    """White shells over glass on a granite terrace at the water."""
    granite = (178, 150, 132)
    block(canvas, (0, 0), (11.0, 0.8, 5.6), 0, granite, lambda f, s: f.courses(2, (150, 124, 110)))

    def base(face: Face, side: int) -> None:
        face.windows(16, 1, (58, 82, 104), share=(0.8, 0.7))

    block(canvas, (0, 0), (9.4, 0.9, 4.2), 0.8, (202, 176, 156), base)
    # x of the tail, z, length (negative: it opens to the left), height
    shells = [
        (-2.6, -0.9, -2.0, 2.3),
        (-3.2, -0.9, 3.0, 3.3),
        (-1.5, -0.9, 3.7, 5.0),
        (1.5, -0.9, 3.0, 3.6),
        (-0.9, 1.1, -1.5, 1.7),
        (-1.4, 1.1, 2.3, 2.4),
        (0.0, 1.1, 2.8, 3.5),
        (2.2, 1.1, 2.2, 2.5),
    ]
    eye = canvas.position
    for row in sorted({z for _x, z, _length, _high in shells}, key=lambda z: -abs(z - eye[2])):
        # In a row the tail of each shell lies under the mouth of the one behind.
        ordered = [shape for shape in shells if shape[1] == row]
        for x, z, length, high in sorted(ordered, key=lambda s: s[0] + s[2]):
            shell(canvas, (x, z), length, high)


def shell(canvas: Canvas, tail: tuple[float, float], length: float, high: float) -> None:
    """Draw one sail: two curved white sides that meet in a ridge, and the glass of its mouth."""
    x, z = tail
    turn = np.linspace(0, 1, 9)
    rise = np.sin(turn * 1.36) / math.sin(1.36)
    ridge = [(x + length * t, 1.6 + high * r, z) for t, r in zip(turn, rise, strict=True)]
    reach = 0.24 * high + 0.2
    near = [(x + length * 0.72 * t, 1.6, z + reach * math.sin(t * 1.57)) for t in turn]
    far = [(a, b, 2 * z - c) for a, b, c in near]
    sides = [(far, 0.7), (near, 1.0)]
    if canvas.position[2] < z:
        sides.reverse()
    for index, (foot, bright) in enumerate(sides):
        if index == 1:
            mouth = [ridge[-1], near[-1], far[-1]]
            canvas.polygon(mouth, canvas.pane((72, 100, 122), 0.8))
        for step in range(8):
            strip = [foot[step], foot[step + 1], ridge[step + 1], ridge[step]]
            tone = bright * (0.88 + 0.022 * step if length > 0 else 0.98 - 0.022 * step)
            canvas.polygon(strip, canvas.lit((250, 246, 236), tone))
        canvas.beam(ridge[-1], foot[-1], 0.09, (232, 226, 214))
        for rib in (3, 5, 6):
            canvas.beam(ridge[rib], foot[rib], 0.03, (206, 200, 190))
    for start, end in pairwise(ridge):
        canvas.beam(start, end, 0.07, (255, 252, 244))
