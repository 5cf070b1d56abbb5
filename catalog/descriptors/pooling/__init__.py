"""Poolings of feature maps: (H, W, C) -> (C,). Pure: NumPy only."""

from .regional import Pooling, rgem, rmac
from .whole import average, crow, gem, mac, spoc

# By the names that declarations and model ids use.
POOLINGS: dict[str, Pooling] = {
    "average": average,
    "spoc": spoc,
    "mac": mac,
    "rmac": rmac,
    "crow": crow,
    "gem": gem,
    "rgem": rgem,
}

__all__ = ["POOLINGS", "Pooling"]
