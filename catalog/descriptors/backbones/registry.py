"""Backbones by name. One instance each in a process: descriptors share networks in memory."""

from functools import cache

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .base import Backbone
from .keras_applications import NETWORKS, KerasBackbone

BACKBONES = {
    "lite0": "catalog.descriptors.backbones.lite0.Lite0",
    "vgg16": "catalog.descriptors.backbones.vgg16_maps.Vgg16Maps",
}


@cache
def get_backbone(name: str) -> Backbone:
    """Return the process's one backbone of this name; nothing of it is loaded yet.

    Besides our own, every network of `keras.applications`, its name in lower case: `resnet50`.
    Raises `ImproperlyConfigured` for an unknown name.
    """
    if name in BACKBONES:
        return import_string(BACKBONES[name])()
    if name in NETWORKS:
        return KerasBackbone(name)
    known = ", ".join((*BACKBONES, *NETWORKS))
    raise ImproperlyConfigured(f"There is no backbone {name!r}; there are: {known}.")
