"""Backbones by name. One instance each in a process: descriptors share networks in memory."""

from functools import cache

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .base import Backbone

BACKBONES = {
    "lite0": "catalog.descriptors.backbones.lite0.Lite0",
    "vgg16": "catalog.descriptors.backbones.vgg16_maps.Vgg16Maps",
}


@cache
def get_backbone(name: str) -> Backbone:
    """Return the process's one backbone of this name; nothing of it is loaded yet.

    Raises `ImproperlyConfigured` for an unknown name.
    """
    try:
        return import_string(BACKBONES[name])()
    except KeyError:
        known = ", ".join(BACKBONES)
        raise ImproperlyConfigured(f"There is no backbone {name!r}; there are: {known}.") from None
