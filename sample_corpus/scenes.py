"""Pictures without a landmark: they fill the collection, and some look much like one with it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PIL import Image

from .camera import Camera
from .canvas import Canvas
from .landmarks import LANDMARKS
from .solids import Face, block
from .surroundings import MOODS, Prop, Setting, backdrop, draw_props, light, pave
from .views import Kind, develop

WIDE, DEEP = (-16, 16), (-14, 9)

SCENES: dict[str, tuple[Setting, tuple[float, float], tuple[float, float]]] = {
    # name: setting, range of the eye's height, range of the horizon's height in the picture
    "street": (
        Setting(
            (128, 170, 220),
            (236, 232, 224),
            ((150, 146, 142), (112, 110, 112)),
            scatter=(
                ("house", 12, (-14, -5), (-14, 8), (1.9, 2.8)),
                ("house", 12, (5, 14), (-14, 8), (1.9, 2.8)),
                ("lamp", 6, (-3.6, -3), (-10, 9), (1.2, 1.3)),
                ("tree", 6, (3.2, 4), (-12, 9), (0.8, 1.1)),
                ("person", 14, (-3, 3), (-6, 10), (1, 1.1)),
            ),
        ),
        (0.5, 1.4),
        (0.55, 0.66),
    ),
    "hills": (
        Setting(
            (112, 164, 220),
            (240, 226, 206),
            ((148, 170, 96), (110, 146, 72)),
            clouds=0.6,
            hills=(
                ((112, 126, 160), 0.26, 1.0),
                ((106, 136, 116), 0.15, 0.9),
                ((116, 150, 84), 0.07, 0.8),
            ),
            scatter=(("tree", 12, WIDE, DEEP, (0.7, 1.2)), ("bush", 16, WIDE, DEEP, (0.7, 1.3))),
        ),
        (1.0, 3.0),
        (0.5, 0.7),
    ),
    "beach": (
        Setting(
            (74, 154, 220),
            (224, 238, 240),
            ((72, 168, 190), (234, 212, 164)),
            clouds=0.35,
            scatter=(
                ("palm", 6, (-10, 10), (0, 9), (1.2, 1.8)),
                ("person", 14, (-8, 8), (2, 11), (1, 1.1)),
                ("boat", 4, WIDE, (-14, -8), (0.9, 1.3)),
            ),
        ),
        (1.0, 2.4),
        (0.4, 0.55),
    ),
    "forest": (
        Setting(
            (150, 186, 206),
            (222, 232, 214),
            ((96, 120, 70), (84, 108, 56)),
            hills=(((70, 100, 74), 0.16, 0.9),),
            scatter=(
                ("pine", 60, WIDE, (-14, 7), (1.2, 2.2)),
                ("tree", 16, WIDE, (-8, 8), (1.1, 1.7)),
                ("bush", 16, WIDE, (0, 12), (0.8, 1.4)),
            ),
        ),
        (0.8, 1.8),
        (0.55, 0.75),
    ),
    "night_skyline": (
        Setting(
            (20, 28, 62),
            (90, 84, 130),
            ((34, 44, 84), (16, 24, 50)),
            water=True,
            clouds=0.2,
            scatter=(
                ("block", 40, WIDE, (-16, -6), (1.3, 2.4)),
                ("lamp", 7, (-9, 9), (-5, -4), (1, 1.2)),
            ),
            moods=("night", "night", "dusk"),
        ),
        (1.0, 2.0),
        (0.62, 0.78),
    ),
    "harbour_scene": (
        Setting(
            (88, 148, 214),
            (220, 232, 238),
            ((70, 122, 156), (36, 84, 118)),
            water=True,
            hills=(((128, 146, 138), 0.1, 0.9),),
            scatter=(
                ("house", 18, WIDE, (-14, -9), (1.3, 2.0)),
                ("boat", 15, WIDE, (-6, 9), (0.8, 1.3)),
            ),
        ),
        (1.2, 2.6),
        (0.45, 0.6),
    ),
    "market": (
        Setting(
            (140, 178, 216),
            (240, 232, 216),
            ((176, 160, 142), (150, 136, 122)),
            paving=True,
            scatter=(
                ("house", 12, WIDE, (-14, -8), (1.7, 2.6)),
                ("stall", 14, (-9, 9), (-6, 6), (1.0, 1.3)),
                ("person", 36, (-9, 9), (-5, 11), (1, 1.15)),
            ),
        ),
        (0.9, 1.8),
        (0.45, 0.6),
    ),
    "village": (
        Setting(
            (124, 172, 222),
            (234, 232, 220),
            ((150, 166, 102), (120, 148, 80)),
            hills=(((128, 146, 132), 0.14, 0.9),),
            scatter=(
                ("house", 15, WIDE, (-10, 3), (1.5, 2.4)),
                ("tree", 14, WIDE, DEEP, (0.9, 1.4)),
                ("bush", 12, WIDE, (0, 10), (0.8, 1.2)),
            ),
        ),
        (0.9, 2.4),
        (0.5, 0.66),
    ),
}

PLAIN = (*SCENES, "elsewhere", "elsewhere")  # "elsewhere": a landmark's setting, without it


def scene_names() -> tuple[str, ...]:
    """Return the kinds of scene, in the order they take turns."""
    return PLAIN


def scene(kind: str, number: int, rng: np.random.Generator) -> Image.Image:
    """Render a scene of a kind; `number` (from 0) chooses the landmark that is left out."""
    size = (640, 480)
    if kind == "elsewhere":
        setting = LANDMARKS[number % len(LANDMARKS)].setting
        eyes, horizons = (0.9, 1.8), (0.62, 0.82)
    else:
        setting, eyes, horizons = SCENES[kind]
    camera = Camera(
        size,
        yaw=float(rng.uniform(-0.5, 0.5)),
        distance=float(rng.uniform(12, 17)),
        eye=float(rng.uniform(*eyes)),
        focal=float(rng.uniform(480, 800)),
        centre=(320.0, 480 * float(rng.uniform(*horizons))),
    )
    # Nothing stands right before the eye, where it would fill the picture.
    setting = replace(setting, moods=(*setting.moods, "golden"))
    mood = MOODS[setting.moods[int(rng.integers(len(setting.moods)))]]
    picture = backdrop(camera, setting, mood, rng, int(rng.integers(1000)))
    canvas = Canvas(camera, picture, tint=light(setting, mood), glow=max(setting.glow, mood.glow))
    if setting.paving:
        pave(canvas, setting.ground[1])
    props = setting.props([int(rng.integers(2**31))])
    if kind == "elsewhere" and not setting.water:
        props += [
            Prop("house", float(x), -2.0, 2.3, int(rng.integers(2**31)))
            for x in rng.uniform(-5, 5, 2)
        ]
    eye = canvas.position
    props = [prop for prop in props if math.hypot(prop.x - eye[0], prop.z - eye[2]) > 3.5]
    draw_props(canvas, props, {"stall": stall})
    return develop(canvas.finished(), Kind(), setting.haze, rng)


def stall(canvas: Canvas, prop: Prop) -> None:
    """Draw a market stall under a striped awning."""
    rng = np.random.default_rng(prop.seed)
    cloth = ((206, 62, 54), (58, 120, 176), (72, 146, 92), (232, 168, 60))[int(rng.integers(4))]
    size = prop.size

    def goods(face: Face, side: int) -> None:
        for column in range(7):
            colour = tuple(int(part) for part in rng.integers(90, 240, 3))
            face.disc((column + 0.5) / 7, 0.95, 0.1 * size, colour)

    def stripes(face: Face, side: int) -> None:
        for column in range(5):
            face.rect(column / 5, 0, column / 5 + 0.1, 1, (246, 240, 228))

    for dx in (-0.75, 0.75):
        foot = (prop.x + dx * size, 0, prop.z + 0.5 * size)
        canvas.beam(foot, (foot[0], 1.15 * size, foot[2]), 0.07, (96, 76, 60))
    block(canvas, (prop.x, prop.z), (1.6 * size, 0.5 * size, 0.9 * size), 0, (150, 112, 78), goods)
    top = (2.0 * size, 0.4 * size, 1.5 * size)
    block(canvas, (prop.x, prop.z), top, 1.1 * size, cloth, stripes, taper=0.55, shades=1)
