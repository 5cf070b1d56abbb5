"""Local descriptors by name: declared in `SIS_LOCAL_DESCRIPTORS`, or ready-made."""

import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from ...declarations import check_name, declared_class
from ..base import DescriptorError
from .base import LocalDescriptor

SETTING = "SIS_LOCAL_DESCRIPTORS"
DEFAULT_LOCAL = "rootsift"
INSTANCES = 8


def local_names() -> list[str]:
    """Return the names of the local descriptors, in the order of the setting."""
    return list(settings.SIS_LOCAL_DESCRIPTORS)


def is_local(name: str) -> bool:
    return name in settings.SIS_LOCAL_DESCRIPTORS


def get_local(name: str = DEFAULT_LOCAL) -> LocalDescriptor:
    """Return the process's one instance of the local descriptor `name`.

    Raises `DescriptorError` for an unknown name, `ImproperlyConfigured` for a wrong declaration.
    """
    if not is_local(name):
        raise DescriptorError(
            _("There are no local features “%(name)s”. Local features: %(known)s.")
            % {"name": name, "known": ", ".join(local_names()) or "–"}
        )
    backend, options = check_local(name)
    return _instance(name, backend, json.dumps(options, sort_keys=True))


def check_local(name: str) -> tuple[type[LocalDescriptor], dict[str, Any]]:
    """Return the class and options that `SIS_LOCAL_DESCRIPTORS[name]` declares.

    Raises `ImproperlyConfigured` for a name that cannot be stored or that a descriptor has, and
    for an unknown path or option.
    """
    check_name(SETTING, name)
    if name in settings.SIS_DESCRIPTORS:
        raise ImproperlyConfigured(f"{SETTING} and SIS_DESCRIPTORS both have the name {name!r}.")
    backend, options = declared_class(
        setting=SETTING,
        kind="local descriptor",
        name=name,
        base=LocalDescriptor,  # type: ignore[type-abstract]  # what is declared need not be
    )
    backend.check(**options)
    return backend, options


@lru_cache(maxsize=INSTANCES)
def _instance(name: str, backend: type[LocalDescriptor], options: str) -> LocalDescriptor:
    descriptor = backend(**json.loads(options))
    descriptor.name = name
    return descriptor
