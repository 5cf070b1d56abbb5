"""Boxes written as text: `x1,y1,x2,y2`."""

import math
from argparse import ArgumentTypeError

from catalog.pixels import Box


def parse_box(text: str) -> Box:
    """Read `x1,y1,x2,y2`: four finite numbers, in pixels, zero-based.

    Raises `ValueError` for anything else and for a box without area.
    """
    sides = [float(part) for part in text.split(",")]
    if len(sides) != 4 or not all(math.isfinite(side) for side in sides):
        raise ValueError(f"{text!r} is not four numbers x1,y1,x2,y2")
    x1, y1, x2, y2 = sides
    if x2 <= x1 or y2 <= y1:
        raise ValueError(f"the box {text} has no area: x1 < x2 and y1 < y2 are needed")
    return x1, y1, x2, y2


def box_argument(text: str) -> Box:
    """`parse_box` for argparse, which shows the message of an `ArgumentTypeError` only."""
    try:
        return parse_box(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
