"""Poolings of feature maps: (H, W, C) -> (C,). Pure: NumPy only."""

from .whole import POOLINGS, average

__all__ = ["POOLINGS", "average"]
