"""Samples of any depth and kind to 8 bits. Pure NumPy; no picture format's knowledge.

The rules are part of what a vector is, so they hold for every format: integers of b bits without
sign run from 0 to 2**b - 1; floats in [0, 1] run from 0 to 1; a range that the file declares goes
before both; and what has no known white (signed integers, 32 bits, other floats) runs from its own
darkest to its own brightest sample.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[Any]
Levels = npt.NDArray[np.uint8]
Range = tuple[float, float]
Scale = Callable[[Samples], Levels]


class NotFinite(ValueError):
    """A sample is NaN or infinite."""


def extremes(parts: Iterable[Samples]) -> Range:
    """The darkest and the brightest sample; raises `NotFinite`."""
    low, high = np.inf, -np.inf
    for part in parts:
        low, high = min(low, float(part.min())), max(high, float(part.max()))
        # NaN survives both comparisons only in the sum.
        if not np.isfinite(float(part.min()) + float(part.max())):
            raise NotFinite
    return low, high


def scale_for(
    dtype: np.dtype,
    bits: int,
    *,
    colour: bool,
    declared: Range | None,
    parts: Callable[[], Iterable[Samples]],
) -> Scale:
    """Return what turns samples of `dtype`, `bits` of which are used, into levels 0 to 255.

    `colour`: samples of several bands, of which 16 bits lose their low byte, as Pillow does, where
    grey ones are rounded. `parts` gives all samples once, and is asked only where the range must
    be looked for. Raises `NotFinite`.
    """
    if dtype.kind == "b":
        return lambda samples: samples.astype(np.uint8) * np.uint8(255)
    if dtype.kind == "u" and bits <= 16:
        if declared is None and colour and bits == 16:
            return lambda samples: (samples >> 8).astype(np.uint8)
        low, high = declared or (0.0, 2.0**bits - 1)
        table = spread(np.arange(2 ** (8 * dtype.itemsize)), low, high)
        return lambda samples: table[samples]
    if declared is None and dtype.kind == "u" and bits < 8 * dtype.itemsize:
        declared = 0.0, 2.0**bits - 1
    low, high = declared or known_white(dtype, *extremes(parts()))
    return lambda samples: spread(samples, low, high)


def known_white(dtype: np.dtype, low: float, high: float) -> Range:
    if dtype.kind == "f" and low >= 0 and high <= 1:
        return 0.0, 1.0
    # 16 bits kept in 32, as instruments write them.
    if dtype.kind in "ui" and dtype.itemsize == 4 and low >= 0 and high <= 65535:
        return 0.0, 65535.0
    return low, high


def spread(samples: Samples, low: float, high: float) -> Levels:
    """Map `low` to 0 and `high` to 255, rounded to the nearest level; raises `NotFinite`."""
    levels = np.asarray(samples, dtype=np.float64) - low
    levels *= 255 / ((high - low) or 1)
    if not np.isfinite(levels).all():
        raise NotFinite
    return np.rint(levels, out=levels).clip(0, 255).astype(np.uint8)
