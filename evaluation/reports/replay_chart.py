"""Where the lines of a replay's chart go. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# In units of the drawing, which a page scales.
WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 14, 30
# Of the first and the last round from the ends of the grid, so that their figures have room.
INSET = 28
GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Dot:
    """A value of one round at its place; `above` is where its text stands."""

    x: float
    y: float
    value: float

    @property
    def above(self) -> float:
        return self.y - 9


@dataclass(frozen=True, slots=True)
class ReplayChart:
    """Two lines over rounds, each of dots, and the lines of the grid as (y, value)."""

    whole: list[Dot]
    residual: list[Dot]
    grid: list[tuple[float, float]]
    rounds: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - 8


def replay_chart(rounds: Sequence[Mapping[str, Any]]) -> ReplayChart:
    """Return the chart of `Round`s as values; what was not measured has no dot."""
    first = LEFT + INSET
    step = (WIDTH - RIGHT - INSET - first) / max(1, len(rounds) - 1)
    high = HEIGHT - TOP - BOTTOM

    def y_of(value: float) -> float:
        return TOP + high * (1 - value)

    def dots(name: str) -> list[Dot]:
        return [
            Dot(first + step * place, y_of(one[name]), one[name])
            for place, one in enumerate(rounds)
            if one[name] is not None
        ]

    return ReplayChart(
        dots("map"),
        dots("residual"),
        [(y_of(value), value) for value in GRID],
        [(first + step * place, place) for place in range(len(rounds))],
    )
