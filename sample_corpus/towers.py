"""Landmarks that are tall and narrow. Each function draws one, standing at the origin."""

from __future__ import annotations

import math

import numpy as np

from .canvas import Canvas
from .solids import Face, block, from_far_to_near, frustum, gable, lathe, rectangle, ring


def lighthouse(canvas: Canvas) -> None:
    """Red and white bands, a lantern under a red cap, the keeper's cottage beside it."""
    white, red, iron = (244, 242, 236), (204, 52, 44), (62, 64, 70)
    lathe(canvas, (0, 0), [(4.6, 0), (4.0, 0.35), (2.4, 0.7)], (118, 112, 104), 14)

    def cottage() -> None:
        def wall(face: Face, side: int) -> None:
            face.windows(3, 1, (70, 90, 110), share=(0.34, 0.5))

        block(canvas, (2.5, 0.4), (2.6, 1.2, 1.7), 0.6, (240, 234, 220), wall)
        gable(canvas, (2.5, 0.4), (2.8, 0.8, 1.9), 1.8, (176, 70, 52), (240, 234, 220))

    def shaft() -> None:
        levels = np.linspace(0, 1, 8)
        profile = [(1.25 - 0.5 * t, 0.7 + 7.1 * t) for t in levels]
        lathe(canvas, (0, 0), profile, [red, white, red, white, red, white, red], 28)
        for level, turn in ((2.2, -0.5), (4.0, 0.35), (5.8, -0.1)):
            radius = 1.25 - 0.5 * (level - 0.7) / 7.1
            window(canvas, radius, level, turn)

    from_far_to_near(canvas, [(0, 0, shaft), (2.5, 0.4, cottage)])
    lathe(canvas, (0, 0), [(0.8, 7.7), (1.15, 7.95), (1.15, 8.1)], iron, 24)
    lathe(canvas, (0, 0), [(0.62, 8.1), (0.62, 9.15)], (150, 190, 204), 12, lantern)
    lathe(canvas, (0, 0), [(0.82, 9.15), (0.55, 9.55), (0.16, 9.95), (0.04, 10.3)], red, 20)


def lantern(face: Face, side: int) -> None:
    """Draw one pane of the lighthouse's lantern."""
    face.rect(0.06, 0.1, 0.94, 0.92, (255, 236, 170), pane=True)


def window(canvas: Canvas, radius: float, y: float, turn: float) -> None:
    """Draw a small window on a round wall, `turn` radians to the right of its front."""
    angles = turn + np.array([-0.16, 0.16, 0.16, -0.16])
    heights = y + np.array([0, 0, 0.55, 0.55])
    points = [
        (radius * math.sin(a), h, radius * math.cos(a))
        for a, h in zip(angles, heights, strict=True)
    ]
    corners = np.array(points)
    if canvas.faces_eye(corners):
        canvas.polygon(corners, canvas.pane((58, 66, 80)))


def windmill(canvas: Canvas) -> None:
    """A thatched octagonal mill on a brick base, four white sails."""
    thatch, brick = (126, 96, 66), (166, 88, 66)

    def base(face: Face, side: int) -> None:
        face.windows(1, 1, (236, 232, 220), share=(0.42, 0.5))
        face.windows(1, 1, (60, 74, 90), share=(0.32, 0.4))

    frustum(canvas, ring(0, 0, 2.2, 0, 8), ring(0, 0, 2.05, 2.2, 8), brick, base, shades=3)
    lathe(canvas, (0, 0), [(2.05, 2.2), (2.95, 2.45), (2.95, 2.6)], (236, 230, 214), 16)
    frustum(canvas, ring(0, 0, 1.9, 2.6, 8), ring(0, 0, 1.2, 6.3, 8), thatch, mill_wall, shades=6)
    lathe(canvas, (0, 0), [(1.4, 6.2), (1.35, 6.6), (1.0, 7.2), (0.3, 7.6)], (92, 70, 54), 14)
    hub = np.array([0.0, 6.75, 1.75])
    canvas.beam((0, 6.75, 0.9), hub, 0.3, (70, 52, 42))
    for quarter in range(4):
        sail(canvas, hub, math.radians(28) + quarter * math.pi / 2)
    canvas.ball(hub, 0.2, (206, 60, 48))


def mill_wall(face: Face, side: int) -> None:
    """Draw the thatch and a window of the mill."""
    face.courses(7, (108, 82, 56), 0.2)
    face.rect(0.36, 0.55, 0.64, 0.72, (236, 232, 220))
    face.rect(0.41, 0.57, 0.59, 0.7, (60, 74, 90), pane=True)


def sail(canvas: Canvas, hub: np.ndarray, turn: float) -> None:
    """Draw one sail of the windmill: a spar, a lattice and a cloth."""
    out = np.array([math.cos(turn), math.sin(turn), 0.0])
    across = np.array([-math.sin(turn), math.cos(turn), 0.0])
    cloth = [
        hub + out * a + across * b for a, b in ((0.8, 0.06), (4.3, 0.06), (4.3, 0.9), (0.8, 0.9))
    ]
    canvas.polygon(cloth, canvas.lit((246, 240, 224), 0.98))
    for step in range(8):
        at = hub + out * (0.8 + step * 0.5)
        canvas.beam(at, at + across * 0.9, 0.06, (142, 108, 78))
    canvas.beam(
        hub + out * 0.8 + across * 0.48, hub + out * 4.3 + across * 0.48, 0.05, (142, 108, 78)
    )
    canvas.beam(hub, hub + out * 4.5, 0.15, (104, 74, 56))


def water_tower(canvas: Canvas) -> None:
    """A turquoise tank on braced steel legs."""
    steel, tank = (172, 178, 182), (58, 160, 166)
    feet = ring(0, 0, 2.6, 0, 6)
    heads = ring(0, 0, 1.7, 5.4, 6)
    order = np.argsort([-np.hypot(*(foot - canvas.position)[[0, 2]]) for foot in feet])
    for leg in order:
        after = (leg + 1) % 6
        for low, high in ((0.0, 0.36), (0.36, 0.7), (0.7, 1.0)):
            a = feet[leg] + (heads[leg] - feet[leg]) * low
            b = feet[after] + (heads[after] - feet[after]) * high
            c = feet[leg] + (heads[leg] - feet[leg]) * high
            canvas.beam(a, b, 0.07, (134, 140, 146))
            canvas.beam(c, b, 0.1, (134, 140, 146))
        canvas.beam(feet[leg], heads[leg], 0.28, steel)
        canvas.beam(feet[leg] - (0.07, 0, 0), heads[leg] - (0.07, 0, 0), 0.08, (212, 216, 218))
    lathe(canvas, (0, 0), [(0.4, 0), (0.4, 5.0)], (150, 158, 162), 12)
    lathe(canvas, (0, 0), [(0.5, 4.6), (1.5, 5.0), (2.25, 5.7), (2.4, 6.2)], tank, 30)
    lathe(canvas, (0, 0), [(2.62, 6.15), (2.62, 6.4)], (226, 230, 230), 30)
    lathe(canvas, (0, 0), [(2.4, 6.4), (2.4, 7.5)], (236, 238, 234), 30)
    lathe(canvas, (0, 0), [(2.4, 7.5), (2.4, 8.3)], tank, 30)
    lathe(canvas, (0, 0), [(2.55, 8.3), (1.4, 9.0), (0.3, 9.45), (0.08, 9.9)], (212, 74, 56), 30)


def clock_tower(canvas: Canvas) -> None:
    """Yellow stucco, white quoins, a clock on each side, a copper spire."""
    stucco, white, copper = (232, 186, 92), (246, 240, 226), (74, 142, 122)

    def hall(face: Face, side: int) -> None:
        face.windows(7 if side in (0, 2) else 3, 1, white, share=(0.5, 0.66))
        face.windows(7 if side in (0, 2) else 3, 1, (70, 86, 104), share=(0.36, 0.56))
        face.rect(0, 0.92, 1, 1, white)

    block(canvas, (0, -0.6), (8.4, 2.3, 3.4), 0, stucco, hall)
    frustum(
        canvas, rectangle(0, -0.6, 8.8, 3.8, 2.3), rectangle(0, -0.6, 7.4, 1.2, 3.4), (170, 82, 60)
    )

    def shaft(face: Face, side: int) -> None:
        face.rect(0, 0, 0.12, 1, white)
        face.rect(0.88, 0, 1, 1, white)
        for level in (0.1, 0.4, 0.62):
            face.arch(0.36, level, 0.64, level + 0.17, (70, 86, 104), pane=True)

    block(canvas, (0, 0.6), (2.0, 6.0, 2.0), 0, stucco, shaft)
    block(canvas, (0, 0.6), (2.3, 0.25, 2.3), 6.0, white)
    block(canvas, (0, 0.6), (2.1, 1.9, 2.1), 6.25, stucco, dial)
    block(canvas, (0, 0.6), (2.5, 0.3, 2.5), 8.15, white)
    block(canvas, (0, 0.6), (2.0, 0.7, 2.0), 8.45, copper, taper=0.6)
    block(
        canvas,
        (0, 0.6),
        (1.1, 0.8, 1.1),
        9.15,
        white,
        lambda f, s: f.arch(0.3, 0, 0.7, 0.85, (60, 76, 88)),
    )
    block(canvas, (0, 0.6), (1.5, 2.3, 1.5), 9.95, copper, taper=0.03)


def dial(face: Face, side: int) -> None:
    """Draw a clock."""
    face.disc(0.5, 0.5, 0.78, (110, 74, 40))
    face.disc(0.5, 0.5, 0.68, (252, 248, 236), pane=True)
    for hour in range(12):
        angle = hour * math.pi / 6
        face.disc(0.5 + 0.28 * math.cos(angle), 0.5 + 0.28 * math.sin(angle), 0.05, (50, 44, 44))
    face.fill([(0.48, 0.48), (0.52, 0.5), (0.66, 0.68)], (40, 36, 40))
    face.fill([(0.47, 0.5), (0.52, 0.48), (0.42, 0.78)], (40, 36, 40))


def skyscraper(canvas: Canvas) -> None:
    """A stepped tower of blue glass and pale stone with a needle."""
    stone, glass = (206, 200, 190), (40, 84, 136)

    def wall(face: Face, side: int) -> None:
        rows = max(2, int(face.height * 2.1))
        columns = max(4, int(face.width * 2.6))
        face.windows(columns, rows, glass, area=(0.06, 0.02, 0.94, 0.96), share=(0.66, 0.72))

    for wide, low, high in ((4.6, 0, 1.4), (3.6, 1.4, 6.2), (2.8, 6.2, 9.0), (1.9, 9.0, 10.6)):
        block(canvas, (0, 0), (wide, high - low, wide * 0.85), low, stone, wall)
        block(canvas, (0, 0), (wide + 0.12, 0.14, wide * 0.85 + 0.12), high - 0.1, (232, 226, 214))
    block(canvas, (0, 0), (1.2, 0.9, 1.1), 10.6, (98, 132, 164), taper=0.55)
    block(canvas, (0, 0), (0.3, 2.2, 0.3), 11.5, (214, 220, 226), taper=0.05)


def factory(canvas: Canvas) -> None:
    """Red brick halls under a saw-tooth roof, a tall chimney."""
    brick, pale = (160, 70, 54), (214, 180, 150)

    def hall(face: Face, side: int) -> None:
        face.rect(0, 0.86, 1, 0.92, pale)
        face.windows(
            9 if side in (0, 2) else 4,
            1,
            (86, 104, 112),
            area=(0, 0.05, 1, 0.85),
            share=(0.62, 0.7),
        )
        face.windows(
            9 if side in (0, 2) else 4, 1, brick, area=(0, 0.4, 1, 0.5), share=(0.66, 0.35)
        )

    def chimney() -> None:
        lathe(canvas, (3.1, -1.2), [(0.85, 0), (0.62, 8.4)], (150, 66, 50), 18)
        for level in (5.6, 7.4):
            lathe(canvas, (3.1, -1.2), [(0.74, level), (0.74, level + 0.3)], pale, 18)
        lathe(canvas, (3.1, -1.2), [(0.72, 8.4), (0.8, 8.9), (0.7, 9.1)], (120, 54, 44), 18)

    def halls() -> None:
        block(canvas, (-0.4, 0.4), (9.2, 2.5, 4.2), 0, brick, hall)
        teeth = [(-0.4 + (i - 2) * 1.84, i) for i in range(5)]
        for x, _tooth in sorted(teeth, key=lambda t: -abs(t[0] - canvas.position[0])):
            sawtooth(canvas, x, 1.84, 2.5, 1.35)
        block(canvas, (-3.6, 1.6), (1.9, 4.6, 2.0), 0, (172, 80, 60), gatehouse)
        block(canvas, (-3.6, 1.6), (2.2, 0.25, 2.3), 4.6, pale)

    from_far_to_near(canvas, [(3.1, -1.2, chimney), (-0.4, 0.4, halls)])


def gatehouse(face: Face, side: int) -> None:
    """Draw the gate and windows of the factory's gatehouse."""
    face.arch(0.25, 0, 0.75, 0.34, (60, 50, 50))
    face.windows(2, 2, (86, 104, 112), area=(0, 0.42, 1, 0.95), share=(0.5, 0.6))


def sawtooth(canvas: Canvas, x: float, width: float, y: float, rise: float) -> None:
    """Draw one tooth of a saw-tooth roof: steep glass to the left, a slope to the right."""
    bottom = rectangle(x, 0.4, width, 4.2, y)
    top = rectangle(x - width / 2, 0.4, 0, 4.2, y + rise)

    def glazing(face: Face, side: int) -> None:
        if side == 3:
            face.windows(8, 1, (150, 178, 190), share=(0.8, 0.7))

    frustum(canvas, bottom, top, (142, 62, 50), glazing)
