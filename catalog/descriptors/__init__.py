"""Descriptors by name. Asking for one costs nothing: weights load when it first describes."""

from functools import lru_cache

from django.conf import settings

from .base import Descriptor, DescriptorError

__all__ = ["Descriptor", "DescriptorError", "get_descriptor"]

DESCRIPTORS = ("fc6",)


def get_descriptor(
    name: str = "fc6", *, weights: str | None = None, precision: str | None = None
) -> Descriptor:
    """Return the process's one instance of descriptor `name` with these weights and precision.

    They default to the settings `SIS_WEIGHTS` and `SIS_PRECISION`. Raises `DescriptorError` for an
    unknown name.
    """
    return _instance(name, weights or settings.SIS_WEIGHTS, precision or settings.SIS_PRECISION)


@lru_cache(maxsize=2)
def _instance(name: str, weights: str, precision: str) -> Descriptor:
    if name == "fc6":
        from .fc6 import Fc6Descriptor

        return Fc6Descriptor(weights=weights, precision=precision)
    raise DescriptorError(f"Unknown descriptor {name!r}; there are: {', '.join(DESCRIPTORS)}.")
