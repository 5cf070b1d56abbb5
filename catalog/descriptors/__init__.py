"""Descriptors: recipes from pixels to one vector."""

from .base import Descriptor, DescriptorError
from .registry import DEFAULT, check_descriptor, descriptor_names, get_descriptor

__all__ = [
    "DEFAULT",
    "Descriptor",
    "DescriptorError",
    "check_descriptor",
    "descriptor_names",
    "get_descriptor",
]
