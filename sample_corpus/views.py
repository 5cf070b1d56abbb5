"""Photographing a landmark: from where, how much of it, in what light, past what."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from .camera import Camera, aim
from .canvas import Canvas, Colour
from .landmarks import LANDMARKS, Landmark
from .sprites import SPRITES
from .surroundings import MOODS, backdrop, draw_props, light, pave

Range = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """How a view is taken; ranges are drawn from evenly. Angles in degrees."""

    yaw: Range = (-10, 10)
    fill: Range = (0.88, 0.96)  # of the picture, above 1: a part of the landmark
    across: Range = (0.46, 0.54)  # where the landmark's middle is, as a share of the width
    down: Range = (0.51, 0.54)
    pitch: Range = (-1, 1)
    roll: Range = (-0.6, 0.6)
    distance: Range = (22, 30)
    eye: Range = (1.0, 2.0)
    moods: tuple[str, ...] = ()  # none: the setting's own
    haze: Range = (0, 0.06)
    blur: Range = (0, 0.5)  # pixels
    noise: Range = (1.0, 3.0)  # of 255
    exposure: Range = (0.94, 1.08)
    hidden: Range = (0, 0)  # share of the landmark's width that trees or a scaffold hide


KINDS: dict[str, Kind] = {
    "front": Kind(),
    "from the left": Kind(yaw=(-28, -15), fill=(0.86, 0.95)),
    "from the right": Kind(yaw=(15, 28), fill=(0.86, 0.95)),
    "from afar": Kind(yaw=(-20, 20), fill=(0.62, 0.74), across=(0.42, 0.58), down=(0.52, 0.6)),
    "close up": Kind(
        fill=(1.18, 1.4), across=(0.34, 0.66), down=(0.4, 0.7), pitch=(2, 8), distance=(14, 20)
    ),
    "evening": Kind(yaw=(-16, 16), moods=("golden", "golden", "dusk"), noise=(3, 7)),
    "partly hidden": Kind(yaw=(-14, 14), hidden=(0.2, 0.5)),
    "hazy": Kind(
        yaw=(-24, 24), haze=(0.12, 0.3), blur=(0.8, 2.2), noise=(4, 10), exposure=(0.88, 1.1)
    ),
    "detail": Kind(
        yaw=(-18, 18), fill=(2.2, 3.2), across=(0.1, 0.9), down=(0.3, 0.95), distance=(18, 24)
    ),
    "mostly hidden": Kind(yaw=(-18, 18), hidden=(0.8, 1.1), roll=(-3, 3)),
    "tilted": Kind(
        yaw=(-22, 22), pitch=(6, 12), roll=(-5, 5), distance=(13, 18), fill=(0.82, 0.94)
    ),
}
VIEWS = tuple(KINDS)


@dataclass(frozen=True)
class Photograph:
    """A finished picture of a landmark.

    `share` (0 to 1) is how much of the landmark is seen: its pixels in the picture that nothing
    hides, over all its pixels as projected, also outside the picture. `box` is (x1, y1, x2, y2) in
    pixels, around the part in the picture.
    """

    image: Image.Image
    share: float
    box: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0))


def photograph(landmark: Landmark, kind: Kind, rng: np.random.Generator, seed: int) -> Photograph:
    """Render one view of a landmark; `seed` is the whole corpus's, for what never changes."""
    setting = landmark.setting
    number = LANDMARKS.index(landmark)
    camera = place(landmark, kind, rng)
    moods = kind.moods or setting.moods
    mood = MOODS[moods[int(rng.integers(len(moods)))]]
    picture = backdrop(camera, setting, mood, rng, seed + 100 * number)
    canvas = Canvas(camera, picture, tint=light(setting, mood), glow=max(setting.glow, mood.glow))
    if setting.paving:
        pave(canvas, setting.ground[1])
    props = setting.props([seed, number])
    draw_props(canvas, [prop for prop in props if prop.z < 0])
    ground_shadow(canvas, landmark)
    canvas.marking = True
    landmark.draw(canvas)
    whole = canvas.covered()
    canvas.marking = False
    draw_props(canvas, [prop for prop in props if prop.z >= 0])
    box = canvas.box()
    hide(canvas, box, float(rng.uniform(*kind.hidden)), setting.screen, rng)
    share = canvas.covered_inside() / whole
    return Photograph(develop(canvas.finished(), kind, setting.haze, rng), share, box)


def place(landmark: Landmark, kind: Kind, rng: np.random.Generator) -> Camera:
    """Return the camera of a view."""

    def angle(limits: Range) -> float:
        return math.radians(rng.uniform(*limits))

    camera = Camera(
        landmark.size,
        yaw=angle(kind.yaw),
        pitch=angle(kind.pitch),
        roll=angle(kind.roll),
        distance=float(rng.uniform(*kind.distance)),
        eye=float(rng.uniform(*kind.eye)),
    )
    at = (float(rng.uniform(*kind.across)), float(rng.uniform(*kind.down)))
    return aim(camera, landmark.extent, float(rng.uniform(*kind.fill)), at)


def ground_shadow(canvas: Canvas, landmark: Landmark) -> None:
    """Darken the ground to the right of and behind the landmark, away from the sun."""
    width, height, depth = landmark.extent
    if landmark.setting.water:
        return
    half, back, reach = width * 0.46, depth * 0.46, height * 0.45
    outline = [
        (-half, 0, back),
        (half, 0, back),
        (half + reach, 0, back - reach),
        (half + reach, 0, -back - reach),
        (-half + reach, 0, -back - reach),
        (-half, 0, -back),
    ]
    canvas.polygon(outline, (24, 26, 44, 70))


def hide(
    canvas: Canvas,
    box: tuple[float, float, float, float],
    share: float,
    screen: str,
    rng: np.random.Generator,
) -> None:
    """Put sprites of the kind `screen` before about `share` of the box's width, from one side."""
    if not share:
        return
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    start = left if rng.random() < 0.5 else right - width * share
    foot = min(canvas.size[1] + height * 0.12, bottom + height * 0.25)
    unit = (foot - top) / 2.7
    count = max(1, math.ceil(width * share / (unit * 0.95)))
    for place in range(count):
        x = start + (place + 0.5) * width * share / count + rng.uniform(-6, 6)
        SPRITES[screen](canvas, x, foot, unit * rng.uniform(1.0, 1.2), rng)


def develop(image: Image.Image, kind: Kind, air: Colour, rng: np.random.Generator) -> Image.Image:
    """Add what air, lens and film do: haze, blur, exposure, colour cast, vignette, noise."""
    blur = float(rng.uniform(*kind.blur))
    if blur > 0.3:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    haze = np.float32(rng.uniform(*kind.haze))
    pixels = pixels + (np.array(air, np.float32) - pixels) * haze
    warmth = rng.uniform(-0.04, 0.04)
    gain = rng.uniform(*kind.exposure) * np.array([1 + warmth, 1.0, 1 - warmth])
    pixels *= gain.astype(np.float32)
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    pixels *= (1 - 0.09 * (across**2 + down**2))[..., None]
    amount = np.float32(rng.uniform(*kind.noise))
    pixels += rng.standard_normal((height, width, 1), dtype=np.float32) * amount
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
