"""Regions of a map on a grid, and poolings that sum over them. Pure: NumPy only."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...vectors import Float32Array
from .whole import GEM_FLOOR

Pooling = Callable[[Float32Array], Float32Array]

LEVELS = 3
OVERLAP = 0.4  # of neighbouring regions along the longer side, as near as can be
MOST_ALONG = 7  # regions along the longer side at the first level
SHORTEST = 1e-6  # added to norms, as published


class Region(NamedTuple):
    """A square of positions; all four numbers count positions of the map."""

    top: int
    left: int
    height: int
    width: int


# Maps (H, W, C) and R regions of them -> (R, C).
RegionPooling = Callable[[Float32Array, Sequence[Region]], Float32Array]


def regions(height: int, width: int, levels: int = LEVELS) -> list[Region]:
    """Return the whole map and R-MAC's squares: at level l, of side 2 min(H, W) / (l + 1).

    Tolias, Sicre & Jégou, ICLR 2016, section 3.2, with the grid of the authors' own code: at the
    first level as many squares along the longer side as overlap by 40 %, and one more at each
    further level, on both sides.
    """
    side = min(height, width)
    gaps = (max(height, width) - side) / np.arange(1, MOST_ALONG)
    overlap = (side**2 - side * gaps) / side**2  # in this form, as published: ties are rounded
    extra = int(np.argmin(np.abs(overlap - OVERLAP))) + 1
    more_down, more_across = extra * (height > width), extra * (width > height)
    found = [Region(0, 0, height, width)]
    for level in range(1, levels + 1):
        square = 2 * side // (level + 1)
        if square == 0:
            break
        tops = starts(height, square, level + more_down)
        lefts = starts(width, square, level + more_across)
        found += [Region(top, left, square, square) for top in tops for left in lefts]
    return found


def starts(length: int, square: int, count: int) -> list[int]:
    """Return where `count` squares begin that are spread evenly over `length` positions."""
    step = (length - square) / (count - 1) if count > 1 else 0.0
    middle = square // 2 - 1
    # Floored with the middle added, as published: it decides how halves are rounded.
    return (np.floor(middle + np.arange(count) * step) - middle).astype(int).tolist()


def maxima(maps: Float32Array, squares: Sequence[Region]) -> Float32Array:
    """Return each region's maxima, (R, C)."""
    return np.stack(
        [
            maps[top : top + high, left : left + wide].max(axis=(0, 1))
            for top, left, high, wide in squares
        ]
    )


def generalised_means(maps: Float32Array, squares: Sequence[Region]) -> Float32Array:
    """Return each region's generalised means (p = 3), (R, C), as `gem` of it alone does."""
    floored = np.maximum(maps, GEM_FLOOR)
    cubes = floored * floored * floored  # once, and not for each region
    means = [
        cubes[top : top + high, left : left + wide].mean(axis=(0, 1))
        for top, left, high, wide in squares
    ]
    return np.cbrt(np.stack(means))


# What pools the single regions of poolings that sum over them.
REGIONAL: dict[str, RegionPooling] = {"rmac": maxima, "rgem": generalised_means}


def region_vectors(
    maps: Float32Array, pooling: RegionPooling = maxima, levels: int = LEVELS
) -> Float32Array:
    """Return the pooled unit vector of each of `regions`, (R, C) float32, in their order."""
    height, width = maps.shape[:2]
    pooled = pooling(maps, regions(height, width, levels))
    return pooled / (np.linalg.norm(pooled, axis=1, keepdims=True) + SHORTEST)


def rmac(maps: Float32Array) -> Float32Array:
    """Return the sum of the regions' unit maxima: R-MAC with 3 levels and the whole map.

    Tolias, Sicre & Jégou, ICLR 2016. Without the whitening of each region, which a whitened
    descriptor over it brings.
    """
    return region_vectors(maps).sum(axis=0)


def rgem(maps: Float32Array) -> Float32Array:
    """Return the sum of the regions' unit generalised means (p = 3).

    R-MAC's grid with GeM in place of the maximum: a region's vector then depends on more than
    single positions.
    """
    return region_vectors(maps, generalised_means).sum(axis=0)
