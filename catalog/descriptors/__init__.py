"""Descriptors: from pixels to one vector."""

from .base import Descriptor, DescriptorError, Prepared
from .registry import DEFAULT, check_descriptor, descriptor_names, get_descriptor

__all__ = [
    "DEFAULT",
    "Descriptor",
    "DescriptorError",
    "Prepared",
    "check_descriptor",
    "descriptor_names",
    "get_descriptor",
]
