"""Descriptors: from pixels to one vector, or to a set of local features."""

from .base import Description, Descriptor, DescriptorError, PictureDescriptor, Prepared
from .registry import (
    DEFAULT,
    all_names,
    check_descriptor,
    descriptor_names,
    get_any,
    get_descriptor,
    get_ranking,
)

__all__ = [
    "DEFAULT",
    "Description",
    "Descriptor",
    "DescriptorError",
    "PictureDescriptor",
    "Prepared",
    "all_names",
    "check_descriptor",
    "descriptor_names",
    "get_any",
    "get_descriptor",
    "get_ranking",
]
