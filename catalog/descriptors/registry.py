"""Descriptors by name, declared in the setting `SIS_DESCRIPTORS`.

Asking for one costs nothing: weights load when it first describes.
"""

import json
import re
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from ..declarations import declared_class
from ..vectors import FC6_DIM
from .base import Descriptor, DescriptorError

SETTING = "SIS_DESCRIPTORS"
DEFAULT = "fc6"
# Names are kept in rows and stand in addresses.
NAME = re.compile(r"[a-z0-9]+(?:[-+.][a-z0-9]+)*")
LONGEST_NAME = 50
# Descriptors with their weights in memory: those declared, and one with weights of a command's own.
INSTANCES = 8


def descriptor_names() -> list[str]:
    """Return the names of the declared descriptors, in the order of the setting."""
    return list(settings.SIS_DESCRIPTORS)


def get_descriptor(name: str = DEFAULT, **options: Any) -> Descriptor:
    """Return the process's one instance of descriptor `name` with these options.

    Options that are None or not given are those of the declaration, then those of other settings
    (`Descriptor.options_from_settings`). Raises `DescriptorError` for an unknown name, and for an
    option that this descriptor does not have; `ImproperlyConfigured` for a wrong declaration.
    """
    if name not in settings.SIS_DESCRIPTORS:
        raise DescriptorError(
            _("There is no descriptor “%(name)s”. Descriptors: %(known)s.")
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


def check_descriptor(name: str) -> tuple[type[Descriptor], dict[str, Any]]:
    """Return the class and options that `SIS_DESCRIPTORS[name]` declares.

    Raises `ImproperlyConfigured` for a name that cannot be stored, an unknown path or option, and
    where a package that the descriptor needs is not installed.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ImproperlyConfigured(
            f"{SETTING} has the name {name!r}: use at most {LONGEST_NAME} of a-z and 0-9, "
            "with single -, + or . between them."
        )
    backend, options = declared_class(
        setting=SETTING,
        kind="descriptor",
        name=name,
        base=Descriptor,  # type: ignore[type-abstract]  # what is declared need not be
    )
    if name == DEFAULT and getattr(backend, "dim", None) != FC6_DIM:
        raise ImproperlyConfigured(
            f"{SETTING}[{name!r}] is {backend.__name__}: vectors of this name have {FC6_DIM} "
            "components. Declare it under a name of its own."
        )
    backend.check()
    return backend, options


@lru_cache(maxsize=INSTANCES)
def _instance(name: str, backend: type[Descriptor], options: str) -> Descriptor:
    descriptor = backend(**json.loads(options))
    descriptor.name = name
    return descriptor
