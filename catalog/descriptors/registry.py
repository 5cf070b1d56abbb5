"""Descriptors by name: declared in `SIS_DESCRIPTORS`, ready-made, or derived from another.

The name of a derived one is its source's with `+` and what is done: `rmac-lite0+pca512`. Asking
for one costs nothing: weights load when it first describes.
"""

import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from ..declarations import check_name, declared_class
from ..vectors import FC6_DIM
from .base import Descriptor, DescriptorError, PictureDescriptor
from .local.aggregated import get_aggregated, is_aggregated
from .local.registry import get_local, is_local, local_names
from .ready import READY

SETTING = "SIS_DESCRIPTORS"
DEFAULT = "fc6"
# Descriptors with their weights in memory; pooled ones share those of their backbones.
INSTANCES = 32
# What finds derived descriptors by name, by path, because these ask for their sources here. The
# last one raises `DescriptorError` for a name that is nobody's.
DERIVED = (
    "catalog.descriptors.augmented.find_augmented",
    "catalog.descriptors.whitened.find_whitened",
)


def descriptor_names() -> list[str]:
    """Return the names of the declared descriptors, in the order of the setting."""
    return list(settings.SIS_DESCRIPTORS)


def all_names() -> list[str]:
    """Return `descriptor_names` and those of local features: all that images are described by."""
    return [*descriptor_names(), *local_names()]


def is_known(name: str) -> bool:
    """Whether a descriptor may have this name; of derived ones only the asking tells."""
    return name in settings.SIS_DESCRIPTORS or name in READY or "+" in name


def get_descriptor(name: str = DEFAULT, **options: Any) -> Descriptor:
    """Return the process's one instance of descriptor `name` with these options.

    Options that are None or not given are those of the declaration, then those of other settings
    (`Descriptor.options_from_settings`). Raises `DescriptorError` for an unknown name, and for an
    option that this descriptor does not have; `ImproperlyConfigured` for a wrong declaration.
    """
    if is_aggregated(name):
        raise DescriptorError(_("“%(name)s” does not give vectors.") % {"name": name})
    if name not in settings.SIS_DESCRIPTORS and name not in READY:
        if is_known(name) and not any(options.values()):
            return derived_descriptor(name)
        raise DescriptorError(
            _(
                "There is no descriptor “%(name)s”. Descriptors: %(known)s; and poolings of "
                "networks, such as rmac-lite0 or gem-vgg16."
            )
            % {"name": name, "known": ", ".join(descriptor_names())}
        )
    backend, declared = check_descriptor(name)
    chosen = {option: value for option, value in options.items() if value is not None}
    defaults = backend.options_from_settings()
    if unknown := sorted(set(chosen) - set(defaults) - set(declared)):
        raise DescriptorError(
            _("Descriptor “%(name)s” has no option %(options)s.")
            % {"name": name, "options": ", ".join(unknown)}
        )
    return _instance(name, backend, json.dumps(defaults | declared | chosen, sort_keys=True))


def get_any(name: str, **options: Any) -> PictureDescriptor:
    """Return what images are described by under this name, of any kind.

    Raises as `get_descriptor`.
    """
    if is_local(name):
        return get_local(name)
    if is_aggregated(name):
        return get_aggregated(name)
    return get_descriptor(name, **options)


def get_ranking(name: str) -> PictureDescriptor:
    """Return what images can be ranked by under this name: `get_any`, but no local features alone.

    Raises as `get_descriptor`.
    """
    return get_descriptor(name) if is_local(name) else get_any(name)


def check_descriptor(name: str) -> tuple[type[Descriptor], dict[str, Any]]:
    """Return the class and options that `SIS_DESCRIPTORS[name]`, or our own table, declares.

    Raises `ImproperlyConfigured` for a name that cannot be stored, an unknown path or option, and
    where a package that the descriptor needs is not installed.
    """
    check_name(SETTING, name)
    backend, options = declared_class(
        setting=SETTING,
        kind="descriptor",
        name=name,
        base=Descriptor,  # type: ignore[type-abstract]  # what is declared need not be
        ready=READY,
    )
    if name == DEFAULT and getattr(backend, "dim", None) != FC6_DIM:
        raise ImproperlyConfigured(
            f"{SETTING}[{name!r}] is {backend.__name__}: vectors of this name have {FC6_DIM} "
            "components. Declare it under a name of its own."
        )
    backend.check(**options)
    return backend, options


def derived_descriptor(name: str) -> Descriptor:
    """Return the descriptor that is made of another one, as the end of its name says."""
    found = (import_string(find)(name) for find in DERIVED)
    return next(descriptor for descriptor in found if descriptor is not None)


@lru_cache(maxsize=INSTANCES)
def _instance(name: str, backend: type[Descriptor], options: str) -> Descriptor:
    descriptor = backend(**json.loads(options))
    descriptor.name = name
    return descriptor
