"""Sky, hills and ground, and what stands around a landmark."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .camera import Camera, Points
from .canvas import Canvas, Colour
from .solids import Face, block, gable
from .sprites import SPRITES

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Mood:
    """The light of an hour: what it multiplies colours by, and how it paints the sky."""

    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    zenith: Colour = (0, 0, 0)
    haze: Colour = (0, 0, 0)
    strength: float = 0.0  # 0: the setting's own sky, 1: this mood's
    glow: float = 0.0
    clouds: float = 0.0  # added to the setting's own


MOODS = {
    "day": Mood(),
    "bright": Mood((1.06, 1.06, 1.05), (90, 150, 226), (226, 240, 250), 0.15, clouds=-0.1),
    "overcast": Mood((0.93, 0.94, 0.97), (150, 160, 172), (206, 210, 214), 0.3, clouds=0.15),
    "golden": Mood((1.08, 0.95, 0.78), (136, 140, 176), (255, 204, 132), 0.5),
    "dusk": Mood((0.76, 0.66, 0.76), (70, 66, 124), (244, 154, 112), 0.6, glow=0.8),
    "night": Mood((0.34, 0.38, 0.56), (12, 18, 48), (54, 66, 112), 0.95, glow=1.0, clouds=-0.2),
}


@dataclass(frozen=True)
class Prop:
    """A sprite, house or block that stands at (x, z)."""

    kind: str
    x: float
    z: float
    size: float
    seed: int


@dataclass(frozen=True)
class Setting:
    """Where a landmark stands. `scatter` lists (kind, count, x range, z range, size range).

    `light` and `glow` are the place's own, on top of the mood's.
    """

    zenith: Colour
    haze: Colour
    ground: tuple[Colour, Colour]  # far, near
    water: bool = False
    clouds: float = 0.5  # 0 clear, 1 covered
    hills: tuple[tuple[Colour, float, float], ...] = ()  # colour, height (tangent), roughness
    scatter: tuple[tuple[str, int, tuple, tuple, tuple], ...] = ()
    moods: tuple[str, ...] = ("day", "bright", "overcast")
    paving: bool = False
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    glow: float = 0.0
    screen: str = "tree"  # what hides the landmark where something does

    def props(self, seed: list[int]) -> list[Prop]:
        """Return what stands here: the same at every visit."""
        rng = np.random.default_rng(seed)
        return [
            Prop(
                kind,
                rng.uniform(*xs),
                rng.uniform(*zs),
                rng.uniform(*size),
                int(rng.integers(2**31)),
            )
            for kind, count, xs, zs, size in self.scatter
            for _ in range(count)
        ]


def fractal(
    rng: np.random.Generator, size: tuple[int, int], cells: tuple[int, int], octaves: int = 4
) -> Floats:
    """Return smooth noise (height, width) in about [0, 1], `cells` blots across and down."""
    width, height = size
    total = np.zeros((height, width), dtype=np.float32)
    weight = 0.0
    for octave in range(octaves):
        shape = (cells[1] * 2**octave + 2, cells[0] * 2**octave + 2)
        coarse = Image.fromarray(rng.random(shape, dtype=np.float32))
        total += np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)) * 0.5**octave
        weight += 0.5**octave
    return total / weight


def mixed(first: Colour, second: Colour, share: float) -> Floats:
    """Return the colour that is `share` of the way from the first to the second, (3,)."""
    low, high = np.array(first, np.float32), np.array(second, np.float32)
    return low + (high - low) * np.float32(share)


def backdrop(
    camera: Camera, setting: Setting, mood: Mood, rng: np.random.Generator, land: int
) -> Image.Image:
    """Paint sky, hills and ground; `land` seeds the outline of the hills."""
    # Nothing in a backdrop is sharp: half the size in each direction is a quarter of the work.
    width, height = (side // 2 for side in camera.size)
    columns = np.arange(width, dtype=np.float64) * 2
    below = (np.arange(height)[:, None] * 2.0 - camera.horizon(columns)[None, :]).astype(np.float32)
    below /= 2
    zenith = mixed(setting.zenith, mood.zenith, mood.strength)
    haze = mixed(setting.haze, mood.haze, mood.strength)
    up = np.clip(-below / (height * 0.95), 0, 1)[..., None] ** 0.75
    picture = haze + (zenith - haze) * up
    add_clouds(picture, up[..., 0], haze, zenith, setting.clouds + mood.clouds, rng)
    tint = np.array(light(setting, mood), np.float32)
    for layer, (colour, high, rough) in enumerate(setting.hills):
        ridge = skyline(camera, columns, high, rough, land + layer) / 2
        veil = 0.45 - 0.15 * layer
        shade = np.array(colour, np.float32) * tint * (1 - veil) + haze * veil
        edge = np.clip(below + ridge[None, :] + 0.5, 0, 1)[..., None]
        picture += (shade - picture) * edge
    paint_ground(picture, below, setting, tint, haze, rng)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def light(setting: Setting, mood: Mood) -> tuple[float, float, float]:
    """Return what colours are multiplied by, in a setting at an hour."""
    red, green, blue = (a * b for a, b in zip(setting.light, mood.tint, strict=True))
    return red, green, blue


def add_clouds(
    picture: Floats,
    up: Floats,
    haze: Floats,
    zenith: Floats,
    amount: float,
    rng: np.random.Generator,
) -> None:
    """Paint clouds over the sky in place; `amount` 0 leaves it clear, 1 covers it."""
    height, width = up.shape
    noise = fractal(rng, (width, height), (3, 5), 5)
    cover = np.clip((noise - (0.68 - 0.3 * amount)) / 0.16, 0, 1)
    cover *= np.clip(up * 5, 0, 1) * min(0.8, 0.3 + amount * 0.7)
    above = np.concatenate([noise[:7], noise[:-7]])
    lower = np.clip((above - noise) * 4 + 0.55, 0, 1)[..., None]
    light = haze + (255 - haze) * np.float32(0.55 if haze.mean() > 110 else 0.12)
    dark = haze * np.float32(0.6) + zenith * np.float32(0.36)
    picture += (dark + (light - dark) * lower - picture) * (cover[..., None] * np.float32(0.9))


def skyline(camera: Camera, columns: Points, high: float, rough: float, land: int) -> Floats:
    """Return how many pixels the hills rise above the horizon at each column.

    The same hills for every way of looking: they depend on the compass direction only.
    """
    rng = np.random.default_rng(land)
    direction = np.arctan((columns - camera.centre[0]) / camera.focal) - camera.yaw
    rise = np.full_like(columns, 0.55)
    for octave in range(1, 7):
        wave = rng.uniform(3, 6) * 1.9**octave * 0.5
        rise += rough * np.sin(direction * wave + rng.uniform(0, 6.28)) / 1.65**octave
    return (np.clip(rise, 0, None) * high * camera.focal).astype(np.float32)


def paint_ground(
    picture: Floats,
    below: Floats,
    setting: Setting,
    tint: Floats,
    haze: Floats,
    rng: np.random.Generator,
) -> None:
    """Paint land or water below the horizon in place."""
    height, width = below.shape
    far, near = (np.array(colour, np.float32) * tint for colour in setting.ground)
    depth = np.clip(below / (height * 0.55), 0, 1)[..., None]
    cells = (4, 60) if setting.water else (7, 26)
    grain = fractal(rng, (width, height), cells, 3)[..., None] - 0.5
    ground = far + (near - far) * np.sqrt(depth)
    ground *= 1 + grain * (0.12 + 0.5 * depth)
    veil = np.clip(1 - depth * 6, 0, 1) * np.float32(0.45)
    ground += (haze - ground) * veil
    if setting.water:
        sparkle = np.clip((grain - 0.1) * 5, 0, 1) * np.clip(depth * 4, 0, 1)
        ground += (haze - ground) * sparkle * np.float32(0.45)
    picture += (ground - picture) * np.clip(below + 0.5, 0, 1)[..., None]


def pave(canvas: Canvas, colour: Colour, reach: float = 14.0) -> None:
    """Draw the joints of a paved square around the origin."""
    joint = (*canvas.lit(colour, 0.7), 90)
    for step in np.arange(-reach, reach + 0.1, 1.4):
        for start, end in (((step, -reach), (step, reach)), ((-reach, step), (reach, step))):
            dx, dz = (0.035, 0) if start[0] == end[0] else (0, 0.035)
            corners = [
                (start[0] - dx, 0, start[1] - dz),
                (start[0] + dx, 0, start[1] + dz),
                (end[0] + dx, 0, end[1] + dz),
                (end[0] - dx, 0, end[1] - dz),
            ]
            canvas.polygon(corners, joint)


WALLS = ((226, 206, 176), (214, 178, 150), (198, 202, 204), (232, 224, 206), (196, 150, 128))
ROOFS = ((172, 84, 62), (120, 84, 72), (96, 102, 116), (190, 106, 70))
TOWERS = ((124, 140, 158), (160, 160, 164), (96, 112, 134), (178, 168, 156), (140, 120, 112))


def house(canvas: Canvas, prop: Prop) -> None:
    """A small house with a saddle roof."""
    rng = np.random.default_rng(prop.seed)
    wall, roof = WALLS[int(rng.integers(5))], ROOFS[int(rng.integers(4))]
    wide, high, deep = prop.size * 1.5, prop.size * rng.uniform(1.0, 1.7), prop.size * 1.3

    def front(face: Face, side: int) -> None:
        face.windows(3 if side in (0, 2) else 2, 2, (74, 84, 100), share=(0.42, 0.5))

    canvas_along = "x" if rng.random() < 0.6 else "z"
    block(canvas, (prop.x, prop.z), (wide, high, deep), 0, wall, front, shades=2)
    size = (wide * 1.1, prop.size * 0.75, deep * 1.1)
    gable(canvas, (prop.x, prop.z), size, high, roof, wall, along=canvas_along)


def tower_block(canvas: Canvas, prop: Prop) -> None:
    """An office or a block of flats."""
    rng = np.random.default_rng(prop.seed)
    wall = TOWERS[int(rng.integers(5))]
    wide, high = prop.size * rng.uniform(1.0, 1.5), prop.size * rng.uniform(1.8, 4.2)
    columns, rows = int(rng.integers(4, 7)), int(high * 1.6) + 2

    def front(face: Face, side: int) -> None:
        face.windows(columns, rows, (66, 86, 108), share=(0.6, 0.55))

    block(canvas, (prop.x, prop.z), (wide, high, wide), 0, wall, front, shades=3)


Solid = Callable[[Canvas, Prop], None]
SOLIDS: dict[str, Solid] = {"house": house, "block": tower_block}


def draw_props(canvas: Canvas, props: list[Prop], solids: dict[str, Solid] | None = None) -> None:
    """Draw what stands about, the farthest first; `solids` are further kinds of props."""
    known = SOLIDS | (solids or {})
    eye = canvas.position
    for prop in sorted(props, key=lambda p: -math.hypot(p.x - eye[0], p.z - eye[2])):
        unit = canvas.camera.scale_at(prop.x, prop.z)
        if unit <= 0:
            continue
        if prop.kind in known:
            known[prop.kind](canvas, prop)
            continue
        x, y = canvas.camera.project(np.array([prop.x, 0.0, prop.z]))
        if -200 < x < canvas.size[0] + 200 and y - 4 * unit * prop.size < canvas.size[1]:
            rng = np.random.default_rng(prop.seed)
            SPRITES[prop.kind](canvas, float(x), float(y), unit * prop.size, rng)
