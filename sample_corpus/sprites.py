"""Small things that stand about: trees, people, lamps, boats, rocks.

Each is drawn as `thing(canvas, x, y, unit, rng)`: its foot is at pixel (x, y), one unit of space is
`unit` pixels there, and `rng` makes this one unlike the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .canvas import Canvas, Colour

Sprite = Callable[[Canvas, float, float, float, np.random.Generator], None]


def outline(canvas: Canvas, x: float, y: float, unit: float, places: list, colour: Colour) -> None:
    """Fill a polygon given in units of space to the right of and above the foot."""
    canvas.shape(np.array([(x + a * unit, y - b * unit) for a, b in places]), canvas.lit(colour))


def shadow(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """Darken the ground around a foot."""
    canvas.disc(x + radius * 0.35, y, radius, (20, 24, 40, 70), 0.22)


def foliage(
    canvas: Canvas,
    middle: tuple[float, float],
    spread: tuple[float, float],
    colour: Colour,
    rng: np.random.Generator,
    count: int = 26,
) -> None:
    """Draw a crown of leaves around a pixel, `spread` pixels wide and high, lit from the left."""
    # A crown seen from nearby shows more and finer leaves.
    near = max(spread) > 60
    count *= 5 if near else 1
    radius = (0.24 if near else 0.42) * spread[0]
    flat = min(spread[1] / spread[0], 2.0)
    angle = rng.uniform(0, 2 * math.pi, count)
    far = np.sqrt(rng.uniform(0, 1, count)) * (0.82 if near else 0.62)
    tone = rng.uniform(-0.08, 0.08, count)
    for layer, (shift, bright, share) in enumerate(
        [(0.0, 0.62, 1.0), (0.12, 0.84, 0.78), (0.24, 1.02, 0.5)]
    ):
        for a, r, t in list(zip(angle, far, tone, strict=True))[layer::2]:
            px = middle[0] + (r * math.cos(a) - shift) * spread[0]
            py = middle[1] + (r * math.sin(a) - shift) * spread[1]
            canvas.disc(px, py, radius * share * 0.8, canvas.lit(colour, bright + t), flat)


def tree(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A broadleaf tree about 2.5 units high."""
    green = (70 + int(rng.integers(0, 40)), 118 + int(rng.integers(-14, 20)), 56)
    leafy(canvas, x, y, unit, rng, green)


def blossom(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A cherry tree in flower."""
    leafy(canvas, x, y, unit * 0.85, rng, (240, 168 + int(rng.integers(0, 20)), 190))


def autumn(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A broadleaf tree in October."""
    leafy(canvas, x, y, unit, rng, (206, 120 + int(rng.integers(-30, 40)), 46))


def leafy(
    canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator, colour: Colour
) -> None:
    """A tree with a round crown of any colour."""
    high = unit * rng.uniform(2.0, 2.7)
    shadow(canvas, x, y, high * 0.36)
    trunk = [(-0.1, 0), (0.1, 0), (0.05, 1.3), (-0.05, 1.3)]
    outline(canvas, x, y, unit, trunk, (92, 70, 52))
    foliage(canvas, (x, y - high * 0.66), (high * 0.4, high * 0.36), colour, rng)


def bush(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A low shrub."""
    shadow(canvas, x, y, unit * 0.55)
    green = (88 + int(rng.integers(0, 30)), 124 + int(rng.integers(-10, 20)), 62)
    foliage(canvas, (x, y - unit * 0.22), (unit * 0.5, unit * 0.3), green, rng, 14)


def pine(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A conifer about 3 units high."""
    high = rng.uniform(2.5, 3.4)
    shadow(canvas, x, y, unit * 0.7)
    outline(canvas, x, y, unit, [(-0.08, 0), (0.08, 0), (0.08, 0.6), (-0.08, 0.6)], (84, 64, 50))
    for step in range(5):
        low, wide = 0.35 + step * (high - 0.9) / 5, 0.85 - step * 0.14
        tip = (0, low + high * 0.32)
        tone = 0.72 + 0.08 * step
        dark = tuple(int(part * tone) for part in (42, 88, 66))
        light = tuple(int(part * tone) for part in (66, 118, 82))
        outline(canvas, x, y, unit, [(-wide, low), (wide, low), tip], dark)
        outline(canvas, x, y, unit, [(-wide, low), (-wide * 0.05, low + 0.08), tip], light)


def cypress(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A narrow dark tree."""
    high = unit * rng.uniform(2.4, 3.2)
    shadow(canvas, x, y, unit * 0.4)
    foliage(canvas, (x, y - high * 0.5), (high * 0.13, high * 0.52), (52, 88, 56), rng, 30)


def palm(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A coconut palm about 3.5 units high."""
    high, lean = rng.uniform(2.7, 3.7), rng.uniform(-0.5, 0.5)
    shadow(canvas, x, y, unit * 0.5)
    bend = [(lean * t * t, high * t) for t in np.linspace(0, 1, 7)]
    sides = [(a - 0.09, b) for a, b in bend] + [(a + 0.06, b) for a, b in bend[::-1]]
    outline(canvas, x, y, unit, sides, (132, 108, 80))
    for leaf in range(11):
        angle = -0.5 + leaf / 10 * (math.pi + 1.0) + rng.uniform(-0.12, 0.12)
        reach = rng.uniform(1.05, 1.45)
        tone = rng.uniform(0.8, 1.15)
        colour = tuple(int(part * tone) for part in (74, 132, 66))
        tip = (lean + reach * math.cos(angle), high + 0.75 * math.sin(angle) - 0.55)
        knee = (lean + reach * 0.5 * math.cos(angle), high + 0.62 * math.sin(angle) + 0.12)
        over, under = (knee[0], knee[1] + 0.14), (knee[0], knee[1] - 0.14)
        outline(canvas, x, y, unit, [(lean, high), over, tip, under], colour)


def rock(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A boulder."""
    wide, high = rng.uniform(0.4, 0.9), rng.uniform(0.25, 0.6)
    crest = [(-wide, 0), (-wide * 0.7, high * 0.7), (-wide * 0.1, high), (wide * 0.6, high * 0.75)]
    outline(canvas, x, y, unit, [*crest, (wide, 0)], (104, 98, 96))
    outline(canvas, x, y, unit, [*crest[:3], (-wide * 0.25, high * 0.35)], (146, 138, 132))


def person(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """Somebody about 0.45 units tall, dressed in any colour."""
    unit *= rng.uniform(0.92, 1.08)
    coat = tuple(int(part) for part in rng.integers(40, 215, 3))
    hair = ((40, 32, 30), (88, 60, 40), (196, 166, 110))[int(rng.integers(3))]
    shadow(canvas, x, y, unit * 0.14)
    outline(canvas, x, y, unit, [(-0.065, 0), (-0.01, 0), (-0.01, 0.2), (-0.07, 0.2)], (52, 54, 70))
    outline(canvas, x, y, unit, [(0.01, 0), (0.065, 0), (0.07, 0.2), (0.0, 0.2)], (44, 46, 60))
    body = [(-0.085, 0.17), (0.085, 0.17), (0.1, 0.34), (0.05, 0.385), (-0.05, 0.385), (-0.1, 0.34)]
    outline(canvas, x, y, unit, body, coat)
    canvas.disc(x, y - unit * 0.425, unit * 0.045, canvas.lit((224, 178, 150)), 1.15)
    canvas.disc(x, y - unit * 0.45, unit * 0.044, canvas.lit(hair), 0.75)


def lamp(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A street lamp about 1.6 units tall, lit at night."""
    iron = (44, 50, 56)
    outline(canvas, x, y, unit, [(-0.09, 0), (0.09, 0), (0.04, 0.3), (-0.04, 0.3)], iron)
    outline(canvas, x, y, unit, [(-0.03, 0.2), (0.03, 0.2), (0.025, 1.4), (-0.025, 1.4)], iron)
    if canvas.glow:
        canvas.disc(x, y - unit * 1.5, unit * 0.5, (255, 214, 130, int(60 * canvas.glow)))
    canvas.disc(x, y - unit * 1.5, unit * 0.12, canvas.pane((240, 238, 226)))
    outline(canvas, x, y, unit, [(-0.1, 1.6), (0.1, 1.6), (0, 1.74)], iron)


def boat(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A sailing boat."""
    hull = ((176, 52, 48), (48, 84, 130), (240, 238, 230), (50, 110, 96))[int(rng.integers(4))]
    outline(canvas, x, y, unit, [(-0.7, 0.3), (0.75, 0.3), (0.5, 0), (-0.5, 0)], hull)
    outline(
        canvas, x, y, unit, [(-0.02, 0.3), (0.03, 0.3), (0.03, 2.1), (-0.02, 2.1)], (90, 70, 50)
    )
    outline(canvas, x, y, unit, [(0.06, 0.42), (0.65, 0.42), (0.06, 2.0)], (250, 246, 236))
    outline(canvas, x, y, unit, [(-0.06, 0.42), (-0.5, 0.42), (-0.06, 1.7)], (226, 220, 208))
    canvas.disc(x, y + unit * 0.05, unit * 0.6, (20, 40, 60, 70), 0.12)


def reeds(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A clump of tall grass."""
    for _blade in range(12):
        foot, lean, high = rng.uniform(-0.3, 0.3), rng.uniform(-0.25, 0.25), rng.uniform(0.3, 0.8)
        blade = [(foot - 0.03, 0), (foot + 0.03, 0), (foot + lean, high)]
        outline(canvas, x, y, unit, blade, (112 + int(rng.integers(0, 40)), 138, 66))


def tulips(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """A patch of tulips in one colour."""
    colour = ((222, 52, 58), (248, 196, 52), (238, 120, 168), (240, 238, 240))[int(rng.integers(4))]
    for _flower in range(16):
        px, py = x + unit * rng.uniform(-0.9, 0.9), y - unit * rng.uniform(0.05, 0.28)
        canvas.disc(px, py + unit * 0.06, unit * 0.07, canvas.lit((76, 130, 62)), 1.2)
        canvas.disc(px, py, unit * 0.06, canvas.lit(colour), 1.25)


def lotus(canvas: Canvas, x: float, y: float, unit: float, rng: np.random.Generator) -> None:
    """Leaves and a flower on a pond."""
    for _leaf in range(5):
        px, py = x + unit * rng.uniform(-0.7, 0.7), y + unit * rng.uniform(-0.12, 0.12)
        canvas.disc(px, py, unit * rng.uniform(0.16, 0.28), canvas.lit((84, 150, 88)), 0.35)
    for petal in (-0.09, 0.09, 0.0):
        canvas.disc(
            x + petal * unit, y - unit * 0.14, unit * 0.09, canvas.lit((244, 150, 184)), 1.3
        )


SPRITES: dict[str, Sprite] = {
    "tree": tree,
    "blossom": blossom,
    "autumn": autumn,
    "bush": bush,
    "pine": pine,
    "cypress": cypress,
    "palm": palm,
    "rock": rock,
    "person": person,
    "lamp": lamp,
    "boat": boat,
    "reeds": reeds,
    "tulips": tulips,
    "lotus": lotus,
}
