"""Figures as images: plain values -> SVG or PNG. No models.

Matplotlib is imported when the first chart is drawn: it takes half a second, which commands and
most pages need not pay. Only its object interface is used; `pyplot` keeps state between threads.
A chart is drawn as narrow as a phone shows it, and as tall as its rows need.
"""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from catalog.names import printable

from ..measures.anatomy import Trapezoid
from .chart_colours import BAND, BAR, GRID, INK, LOSS, MEAN, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# CSS pixels per inch; a PNG has twice as many dots.
PIXELS = 96
PNG_SCALE = 2
# Dots on a side; beyond, a chart of very many topics is drawn smaller.
LARGEST_PNG = 32_000
FONT = 8.0  # points

BARS_WIDTH = 400
ROW, GAP = 16, 8  # pixels
ABOVE, BELOW = 26, 40
# Beside the bars: their names, and their values, where no line crosses them.
LETTER, VALUES = 7.0, 46
LONGEST_NAME = 24
CURVE_SIZE = (400, 320)
CURVE_FRAME = (52, 14, 334, 258)  # left, top, width, height
ANATOMY_SIZE = (440, 320)
ANATOMY_FRAME = (52, 14, 374, 258)


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart; `note` stands where there is no value."""

    name: str
    group: str
    value: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart. Drawing the same values again gives the same bytes."""

    figure: "Figure"

    def svg(self) -> bytes:
        return self._saved("svg", dpi=72, metadata={"Date": None})

    def png(self) -> bytes:
        largest = max(self.figure.get_size_inches())
        return self._saved("png", dpi=min(PIXELS * PNG_SCALE, LARGEST_PNG / largest))

    def _saved(self, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format=kind, facecolor=PAPER, **options)
        return buffer.getvalue()


@cache
def matplotlib_figure() -> "type[Figure]":
    """Import and set up matplotlib, once.

    Text stays text, so that the reader's own fonts show every script; a dollar sign in a name is
    no formula; the salt makes the ids inside an SVG the same each time.
    """
    # Its cache of fonts; the account of a server may not have a home folder.
    os.environ.setdefault("MPLCONFIGDIR", str(settings.SIS_VAR_DIR / "matplotlib"))
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "sis",
            "text.parse_math": False,
            "font.family": "sans-serif",
            "font.size": FONT,
            "hatch.linewidth": 0.6,
        }
    )
    return Figure


def canvas(size: tuple[int, int], frame: tuple[int, int, int, int]) -> "tuple[Figure, Axes]":
    """Return a figure of `size` pixels with axes at `frame`: left, top, width and height."""
    width, height = size
    left, top, wide, high = frame
    figure = matplotlib_figure()(figsize=(width / PIXELS, height / PIXELS))
    place = (left / width, 1 - (top + high) / height, wide / width, high / height)
    axes = figure.add_axes(place)
    axes.set_axisbelow(True)
    axes.grid(color=GRID, linewidth=0.6)
    axes.tick_params(length=0, colors=INK)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure, axes


def bars_size(bars: Sequence[Bar]) -> tuple[int, int]:
    """Return the size of a bar chart in pixels, without drawing it."""
    groups = sum(1 for _group in groupby(bars, key=lambda bar: bar.group))
    return BARS_WIDTH, ABOVE + BELOW + max(1, len(bars)) * ROW + groups * GAP


def bar_chart(
    bars: Sequence[Bar], *, label: str, mean: float | None = None, signed: bool = False
) -> Chart:
    """Draw a horizontal bar per row, grouped by neighbours of one group.

    Values are in [0, 1], or in [-1, 1] where `signed`. `mean` is drawn as a line through all rows;
    each group of several rows has a line at its own mean.
    """
    size = bars_size(bars)
    longest = max((len(shortened(bar.name)) for bar in bars), default=0)
    left = 10 + round(longest * LETTER)
    frame = (left, ABOVE, BARS_WIDTH - left - VALUES, size[1] - ABOVE - BELOW)
    figure, axes = canvas(size, frame)
    low, high = extent(bars) if signed else (0.0, 1.0)
    axes.set_xlim(low, high)
    axes.set_ylim(frame[3], 0)
    axes.grid(axis="y", visible=False)
    rows = draw_groups(axes, bars)
    axes.set_yticks(rows, [shortened(bar.name) for bar in bars])
    for row, bar in zip(rows, bars, strict=True):
        draw_bar(axes, row, bar, signed=signed)
    if signed:
        axes.axvline(0, color=INK, linewidth=0.9)
    if mean is not None:
        axes.axvline(mean, color=MEAN, linewidth=1, linestyle=(0, (4, 2)))
    localise(axes.xaxis, signed=signed)
    axes.tick_params(top=True, labeltop=True)
    axes.set_xlabel(label, color=INK)
    return Chart(figure)


def extent(bars: Sequence[Bar]) -> tuple[float, float]:
    """Return limits, the same on both sides of 0."""
    largest = max((abs(bar.value) for bar in bars if bar.value is not None), default=0.0)
    limit = min(1.0, max(0.02, 1.1 * largest))
    return -limit, limit


def draw_groups(axes: "Axes", bars: Sequence[Bar]) -> list[float]:
    """Draw a band and the mean of every other group; return the middle of each row in pixels."""
    rows: list[float] = []
    at = 0.0
    for number, (_group, members) in enumerate(groupby(bars, key=lambda bar: bar.group)):
        listed = list(members)
        end = at + len(listed) * ROW + GAP
        if number % 2 == 0:
            axes.axhspan(at, end, color=BAND, linewidth=0, zorder=0)
        rows += [at + GAP / 2 + ROW * (index + 0.5) for index in range(len(listed))]
        values = [bar.value for bar in listed if bar.value is not None]
        if len(values) > 1:
            mean = sum(values) / len(values)
            axes.plot([mean, mean], [at + 2, end - 2], color=INK, linewidth=1.4, zorder=4)
        at = end
    return rows


def draw_bar(axes: "Axes", row: float, bar: Bar, *, signed: bool) -> None:
    """Draw one bar and write its value beside the axes, or say why there is none."""
    # x counts in widths of the axes, y in rows.
    style: dict[str, Any] = {
        "va": "center_baseline",
        "zorder": 5,
        "transform": axes.get_yaxis_transform(),
    }
    if bar.value is None:
        axes.text(0.02, row, bar.note, color=MUTED, style="italic", **style)
        return
    lost = bar.value < 0
    axes.barh(
        row,
        bar.value,
        height=ROW - 5,
        color=PAPER if lost else BAR,
        edgecolor=LOSS if lost else BAR,
        hatch="/////" if lost else None,
        linewidth=0.8,
        zorder=3,
    )
    shown = signed_number(bar.value) if signed else plain_number(bar.value)
    axes.text(1.02, row, shown, color=INK, clip_on=False, **style)


def curve_chart(curve: Sequence[float]) -> Chart:
    """Draw mean interpolated precision at evenly spaced recalls 0 ... 1."""
    figure, axes = canvas(CURVE_SIZE, CURVE_FRAME)
    recalls = [index / (len(curve) - 1) for index in range(len(curve))]
    axes.fill_between(recalls, curve, color=BAR, alpha=0.12, linewidth=0)
    axes.plot(recalls, curve, color=BAR, linewidth=1.8, marker="o", markersize=4, clip_on=False)
    name_recall_and_precision(axes)
    return Chart(figure)


def anatomy_chart(trapezoids: Sequence[Trapezoid]) -> Chart:
    """Draw the precision-recall line of one ranking over the areas that it adds up to."""
    figure, axes = canvas(ANATOMY_SIZE, ANATOMY_FRAME)
    line: list[tuple[float, float]] = []
    for number, step in enumerate(trapezoids):
        start = step.recall - step.recall_step
        top = [(start, step.previous_precision), (step.recall, step.precision)]
        axes.fill(
            *zip((start, 0), *top, (step.recall, 0), strict=True),
            facecolor=BAR,
            alpha=0.32 if number % 2 else 0.2,
            linewidth=0,
        )
        line += top
    if line:
        axes.plot(*zip(*line, strict=True), color=BAR, linewidth=1.3, clip_on=False)
        found = [(step.recall, step.precision) for step in trapezoids]
        size = 4 if len(found) <= 40 else 2
        axes.plot(
            *zip(*found, strict=True), color=INK, linestyle="", marker="o", markersize=size,
            clip_on=False, zorder=4,
        )  # fmt: skip
    name_recall_and_precision(axes)
    return Chart(figure)


def name_recall_and_precision(axes: "Axes") -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel(_("recall"), color=INK)
    axes.set_ylabel(_("precision"), color=INK)
    localise(axes.xaxis)
    localise(axes.yaxis)


def trapezoid_points(step: Trapezoid) -> str:
    """Return a trapezoid's corners in the pixels of `anatomy_chart`, as an SVG polygon has them."""
    left, top, wide, high = ANATOMY_FRAME
    start = step.recall - step.recall_step
    corners = (
        *((start, 0), (start, step.previous_precision)),
        *((step.recall, step.precision), (step.recall, 0)),
    )
    return " ".join(f"{left + wide * x:.2f},{top + high * (1 - y):.2f}" for x, y in corners)


def localise(axis: "Axis", *, signed: bool = False) -> None:
    """Write an axis's numbers the reader's way."""
    write = signed_number if signed else plain_number
    axis.set_major_formatter(lambda value, _position: write(value, 2 if signed else 1))


def plain_number(value: float, places: int = 3) -> str:
    return floatformat(value, places)


def signed_number(value: float, places: int = 3) -> str:
    """A number with its sign; zero has none."""
    shown = floatformat(abs(value), places)
    if round(value, places) == 0:
        return shown
    return f"{'+' if value > 0 else '−'}{shown}"


def shortened(name: str) -> str:
    """A long name with its middle left out: its end tells topics of one landmark apart."""
    name = printable(name)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}…{name[-8:]}"
