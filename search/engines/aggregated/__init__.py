"""Ranks images by the visual words that they share with a query."""

from .engine import AggregatedEngine

__all__ = ["AggregatedEngine"]
