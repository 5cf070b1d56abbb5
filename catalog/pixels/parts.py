"""Parts of upright RGB pictures, and whether they show anything. Reads no file."""

from typing import cast

import numpy as np
from django.utils.translation import gettext as _
from PIL import Image

from .faults import Fault, PictureError

Box = tuple[float, float, float, float]


def crop(pixels: Image.Image, box: Box) -> Image.Image:
    """Cut a box (x1, y1, x2, y2) in pixels, zero-based, out of an upright picture.

    Fractions are rounded to whole pixels as Pillow does; the part outside the picture is cut off.
    Raises `PictureError` where nothing is left.
    """
    x1, y1, x2, y2 = box
    width, height = pixels.size
    if not all(np.isfinite(box)):
        raise PictureError(Fault.OUTSIDE, _("The box must be four numbers."))
    whole = (max(0, round(x1)), max(0, round(y1)), min(width, round(x2)), min(height, round(y2)))
    if whole[2] <= whole[0] or whole[3] <= whole[1]:
        raise PictureError(
            Fault.OUTSIDE,
            _("The box %(box)s leaves nothing of a picture of %(width)d × %(height)d pixels.")
            % {"box": ",".join(f"{side:g}" for side in box), "width": width, "height": height},
        )
    return pixels.crop(whole)


def is_uniform(pixels: Image.Image) -> bool:
    """Tell whether an RGB picture shows nothing: every band spans at most 2 of 255 levels."""
    middle = pixels.height // 2
    row = pixels.crop((0, middle, pixels.width, middle + 1))
    # Nearly every picture shows something in a single row of it: the rest need not be read.
    return spans_little(row) and spans_little(pixels)


def spans_little(pixels: Image.Image) -> bool:
    extrema = cast(tuple[tuple[int, int], ...], pixels.getextrema())
    return all(high - low <= 2 for low, high in extrema)
