"""The landmarks of the sample corpus and where each of them stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import monuments, temples, towers
from .canvas import Canvas
from .surroundings import Setting


@dataclass(frozen=True)
class Landmark:
    """A building: how it is drawn, its extent (width, height, depth), where it stands."""

    name: str
    draw: Callable[[Canvas], None]
    extent: tuple[float, float, float]
    setting: Setting

    @property
    def size(self) -> tuple[int, int]:
        """The format its pictures are taken in, width and height in pixels."""
        shape = self.extent[0] / self.extent[1]
        for limit, size in ((0.65, (480, 720)), (0.85, (480, 640)), (1.2, (560, 560))):
            if shape < limit:
                return size
        return (640, 480) if shape < 1.5 else (800, 480)


SIDES = (-22, 22)

LANDMARKS = (
    Landmark(
        "aqueduct",
        monuments.aqueduct,
        (16, 7.2, 1.8),
        Setting(
            (232, 166, 108),
            (255, 226, 164),
            ((172, 150, 84), (136, 116, 62)),
            clouds=0.35,
            hills=(((160, 122, 110), 0.09, 0.7), ((150, 124, 76), 0.05, 0.9)),
            scatter=(
                ("cypress", 12, SIDES, (-20, -5), (0.8, 1.3)),
                ("bush", 14, (-12, 12), (2, 9), (0.7, 1.2)),
            ),
            moods=("day", "day", "bright"),
            light=(1.08, 0.94, 0.78),
            screen="autumn",
        ),
    ),
    Landmark(
        "basilica",
        monuments.basilica,
        (9.2, 9.9, 7),
        Setting(
            (206, 120, 124),
            (255, 208, 160),
            ((226, 178, 140), (232, 190, 150)),
            clouds=0.3,
            paving=True,
            scatter=(
                ("house", 12, SIDES, (-20, -10), (1.3, 2.0)),
                ("cypress", 6, SIDES, (-9, -6), (0.9, 1.2)),
                ("person", 16, (-9, 9), (4, 11), (1, 1.1)),
            ),
            moods=("day", "bright", "day"),
            light=(1.06, 0.92, 0.86),
        ),
    ),
    Landmark(
        "castle",
        monuments.castle,
        (9, 8.2, 7),
        Setting(
            (116, 186, 216),
            (216, 240, 226),
            ((92, 140, 66), (62, 116, 48)),
            clouds=0.5,
            hills=(((82, 122, 128), 0.3, 0.9), ((52, 98, 62), 0.17, 0.8)),
            scatter=(
                ("pine", 46, SIDES, (-24, -6), (0.8, 1.5)),
                ("tree", 10, SIDES, (-9, 6), (0.7, 1.0)),
            ),
            screen="pine",
        ),
    ),
    Landmark(
        "cathedral",
        monuments.cathedral,
        (5.4, 10.6, 8),
        Setting(
            (84, 108, 116),
            (164, 182, 184),
            ((146, 112, 82), (122, 92, 70)),
            clouds=0.6,
            paving=True,
            scatter=(
                ("house", 16, SIDES, (-20, -9), (1.3, 2.1)),
                ("autumn", 22, SIDES, (-8, -3), (0.9, 1.4)),
                ("person", 10, (-8, 8), (4, 10), (1, 1.1)),
                ("lamp", 4, (-8, 8), (3, 5), (1, 1)),
            ),
            moods=("day", "overcast", "day"),
            light=(1.02, 1.02, 1.04),
            screen="autumn",
        ),
    ),
    Landmark(
        "clock_tower",
        towers.clock_tower,
        (8.8, 12.2, 4),
        Setting(
            (86, 74, 150),
            (240, 170, 170),
            ((150, 118, 128), (122, 98, 116)),
            clouds=0.35,
            paving=True,
            scatter=(
                ("house", 16, SIDES, (-16, -8), (1.4, 2.2)),
                ("tree", 10, SIDES, (-6, -2.5), (0.8, 1.1)),
                ("person", 14, (-8, 8), (3.5, 10), (1, 1.1)),
                ("lamp", 4, (-7, 7), (3, 4), (1, 1)),
            ),
            moods=("day", "day", "bright"),
            light=(0.86, 0.76, 0.84),
            glow=0.75,
        ),
    ),
    Landmark(
        "communal_house",
        temples.communal_house,
        (11.8, 6.2, 7.4),
        Setting(
            (150, 206, 190),
            (232, 244, 206),
            ((128, 176, 84), (84, 150, 96)),
            clouds=0.4,
            hills=(((96, 156, 118), 0.12, 0.9),),
            scatter=(
                ("palm", 18, SIDES, (-12, -5), (1.2, 1.7)),
                ("bush", 20, SIDES, (-6, -4), (0.9, 1.5)),
                ("lotus", 26, (-10, 10), (5.5, 12), (0.7, 1.1)),
                ("person", 4, (-4, 4), (3.8, 4.6), (1, 1)),
            ),
            moods=("day", "bright", "day"),
        ),
    ),
    Landmark(
        "factory",
        towers.factory,
        (10, 9.1, 5),
        Setting(
            (150, 122, 104),
            (206, 172, 140),
            ((112, 92, 78), (88, 74, 66)),
            clouds=0.7,
            scatter=(
                ("block", 6, SIDES, (-22, -12), (1.6, 2.4)),
                ("house", 9, SIDES, (-12, -7), (1.1, 1.5)),
                ("bush", 8, (-9, 9), (3.5, 8), (0.6, 1.0)),
                ("lamp", 3, (-7, 7), (4, 5), (1, 1)),
            ),
            moods=("day", "overcast", "day"),
            light=(0.96, 0.88, 0.82),
        ),
    ),
    Landmark(
        "lighthouse",
        towers.lighthouse,
        (5.6, 10.3, 4),
        Setting(
            (44, 124, 214),
            (150, 208, 244),
            ((50, 116, 170), (24, 78, 126)),
            water=True,
            clouds=0.35,
            scatter=(
                ("rock", 22, (-6, 6), (1.5, 5.5), (0.9, 1.7)),
                ("boat", 3, SIDES, (-22, -10), (0.9, 1.3)),
            ),
            moods=("day", "bright", "day"),
            screen="boat",
        ),
    ),
    Landmark(
        "opera_house",
        monuments.opera_house,
        (11, 6.8, 5.6),
        Setting(
            (16, 62, 150),
            (96, 168, 226),
            ((22, 74, 132), (10, 44, 92)),
            water=True,
            clouds=0.15,
            hills=(((60, 92, 118), 0.035, 0.9),),
            scatter=(
                ("block", 9, (8, 26), (-24, -14), (1.3, 2.0)),
                ("boat", 6, (-18, 12), (4.5, 9), (0.6, 0.9)),
            ),
            moods=("day", "day", "bright"),
            screen="boat",
        ),
    ),
    Landmark(
        "pagoda",
        temples.pagoda,
        (6.2, 10.4, 6.2),
        Setting(
            (190, 156, 222),
            (250, 216, 236),
            ((176, 168, 122), (150, 150, 92)),
            clouds=0.25,
            hills=(((168, 132, 170), 0.24, 0.8),),
            scatter=(
                ("blossom", 24, SIDES, (-10, -3), (1.0, 1.7)),
                ("pine", 6, SIDES, (-14, -6), (0.9, 1.2)),
                ("bush", 9, (-7, 7), (3.5, 6), (0.7, 1.0)),
                ("person", 5, (-4, 4), (4.5, 8), (1, 1.1)),
            ),
            moods=("day", "day", "bright"),
            light=(1.04, 0.96, 1.0),
            screen="blossom",
        ),
    ),
    Landmark(
        "pyramid",
        temples.pyramid,
        (10, 7.7, 10),
        Setting(
            (82, 190, 200),
            (250, 228, 160),
            ((206, 172, 96), (220, 184, 108)),
            clouds=0.15,
            hills=(((66, 118, 70), 0.05, 1.0),),
            scatter=(
                ("tree", 40, SIDES, (-18, -8), (0.9, 1.4)),
                ("palm", 8, SIDES, (-8, 0), (0.8, 1.1)),
                ("bush", 10, (-9, 9), (7, 10), (0.5, 0.9)),
                ("person", 8, (-6, 6), (7, 10), (0.9, 1.0)),
            ),
            moods=("day", "bright", "day"),
            light=(1.08, 1.0, 0.84),
        ),
    ),
    Landmark(
        "skyscraper",
        towers.skyscraper,
        (4.7, 13.6, 4),
        Setting(
            (14, 22, 62),
            (88, 84, 138),
            ((42, 46, 70), (30, 32, 52)),
            clouds=0.25,
            scatter=(
                ("block", 26, SIDES, (-24, -5), (1.3, 2.1)),
                ("tree", 8, SIDES, (1.5, 4), (0.6, 0.8)),
                ("lamp", 5, (-7, 7), (3, 5), (0.9, 1)),
            ),
            moods=("day", "day", "bright"),
            light=(0.42, 0.45, 0.64),
            glow=0.9,
        ),
    ),
    Landmark(
        "water_tower",
        towers.water_tower,
        (5.3, 9.9, 5.3),
        Setting(
            (130, 196, 226),
            (255, 240, 176),
            ((232, 196, 80), (206, 160, 58)),
            clouds=0.4,
            hills=(((206, 172, 96), 0.09, 0.8),),
            scatter=(
                ("house", 5, SIDES, (-14, -6), (0.9, 1.3)),
                ("reeds", 40, (-8, 8), (1, 9), (0.8, 1.2)),
                ("tree", 6, SIDES, (-14, -6), (0.7, 1.0)),
            ),
            moods=("day", "bright", "day"),
            light=(1.06, 1.02, 0.9),
            screen="autumn",
        ),
    ),
    Landmark(
        "windmill",
        towers.windmill,
        (8, 11.2, 6),
        Setting(
            (176, 204, 224),
            (240, 244, 240),
            ((120, 176, 78), (84, 150, 58)),
            clouds=0.75,
            scatter=(
                ("tulips", 90, (-11, 11), (2.5, 10), (0.9, 1.3)),
                ("tree", 9, SIDES, (-22, -10), (0.8, 1.2)),
                ("house", 4, SIDES, (-14, -8), (1.0, 1.3)),
            ),
            moods=("day", "bright", "day"),
        ),
    ),
)
