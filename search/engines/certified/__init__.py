"""The certified engine: eight-bit codes, and a proof with each answer."""

from .engine import CertifiedEngine

__all__ = ["CertifiedEngine"]
