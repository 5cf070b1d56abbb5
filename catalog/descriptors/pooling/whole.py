"""Poolings over a whole map. Pure: NumPy only."""

from collections.abc import Callable

from ...vectors import Float32Array

Pooling = Callable[[Float32Array], Float32Array]


def average(maps: Float32Array) -> Float32Array:
    """Return the mean over positions (C,) of one picture's maps (H, W, C)."""
    return maps.mean(axis=(0, 1))


POOLINGS: dict[str, Pooling] = {"average": average}
