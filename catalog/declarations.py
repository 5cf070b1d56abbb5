"""Classes that a setting declares by name, as Django's own back ends are: descriptors, engines."""

import inspect
import re
from collections.abc import Mapping, Set
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

Declared = TypeVar("Declared")

# Names are kept in rows and stand in addresses.
NAME = re.compile(r"[a-z0-9]+(?:[-+.][a-z0-9]+)*")
LONGEST_NAME = 50


def check_name(setting: str, name: str) -> None:
    """Raise `ImproperlyConfigured` for a name that cannot be stored."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ImproperlyConfigured(
            f"{setting} has the name {name!r}: use at most {LONGEST_NAME} of a-z and 0-9, "
            "with single -, + or . between them."
        )


def declared_class(
    *,
    setting: str,
    kind: str,
    name: str,
    base: type[Declared],
    given: Set[str] = frozenset(),
    ready: Mapping[str, Any] | None = None,
) -> tuple[type[Declared], dict[str, Any]]:
    """Return the subclass of `base` and the options that `setting`, or `ready`, declares as `name`.

    A declaration is `{"BACKEND": dotted path, "OPTIONS": {...}}`, or the path alone. `kind` is the
    word for what is declared; `given` are arguments that the caller passes and no option may set.
    Raises `ImproperlyConfigured` naming the setting, the value and the choices for an unknown
    name, path, class or option.
    """
    declarations = {**(ready or {}), **getattr(settings, setting)}
    try:
        declaration = declarations[name]
    except KeyError:
        raise ImproperlyConfigured(
            f"{setting} has no {kind} {name!r}; there are: {', '.join(declarations) or 'none'}."
        ) from None
    if isinstance(declaration, str):
        declaration = {"BACKEND": declaration}
    if not isinstance(declaration, dict):
        raise ImproperlyConfigured(
            f"{setting}[{name!r}] is {declaration!r}, "
            "which is not a dotted path, nor a dictionary of BACKEND and OPTIONS."
        )
    path, options = declaration.get("BACKEND"), declaration.get("OPTIONS") or {}
    backend = imported(f"{setting}[{name!r}]['BACKEND']", path, base)
    known = set(inspect.signature(backend).parameters) - set(given)
    if unknown := sorted(set(options) - known):
        raise ImproperlyConfigured(
            f"{setting}[{name!r}]['OPTIONS'] has unknown {', '.join(unknown)}; "
            f"{path} takes: {', '.join(sorted(known)) or 'none'}."
        )
    return backend, options


def imported(where: str, path: Any, base: type[Declared]) -> type[Declared]:
    try:
        found = import_string(path)
    except (ImportError, AttributeError, TypeError) as error:
        raise ImproperlyConfigured(
            f"{where} is {path!r}, which cannot be imported: {error}"
        ) from error
    if not (inspect.isclass(found) and issubclass(found, base)):
        raise ImproperlyConfigured(f"{where} is {path!r}, which is not a {base.__name__}.")
    return found
