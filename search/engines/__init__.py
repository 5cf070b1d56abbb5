"""Search engines by alias, declared in the setting `SEARCH_ENGINES` like Django's own back ends."""

import threading
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from catalog.declarations import declared_class
from catalog.descriptors import PictureDescriptor, get_descriptor

from .base import Answer, Measure, Method, SearchEngine, VectorEngine, scanned

__all__ = [
    "Answer",
    "Measure",
    "Method",
    "SearchEngine",
    "alias_for",
    "check_engine",
    "get_engine",
    "reset_engines",
    "scanned",
    "vector_aliases",
]

_engines: dict[tuple[str, str, str], SearchEngine] = {}
_lock = threading.Lock()


def get_engine(
    alias: str = "default", *, descriptor: PictureDescriptor | None = None
) -> SearchEngine:
    """Return the process's one engine over `descriptor` (the default one if None).

    That is the one declared as `alias`, if it takes such a descriptor, else the first that does.
    Raises `ImproperlyConfigured` naming the setting and the choices.
    """
    descriptor = descriptor or get_descriptor()
    asked = (alias, descriptor.name, descriptor.model_id)
    with _lock:
        if asked not in _engines:
            taken = alias_for(descriptor, alias)
            key = (taken, descriptor.name, descriptor.model_id)
            if key not in _engines:
                backend, options = check_engine(taken)
                _engines[key] = backend(descriptor=descriptor, **options)
            _engines[asked] = _engines[key]
        return _engines[asked]


def alias_for(descriptor: PictureDescriptor, alias: str = "default") -> str:
    """Return the alias of the engine that searches by `descriptor`: `alias` where it takes it."""
    for name in dict.fromkeys((alias, *settings.SEARCH_ENGINES)):
        backend, _options = check_engine(name)
        if backend.takes(descriptor):
            return name
    raise ImproperlyConfigured(f"SEARCH_ENGINES has no engine that takes {descriptor.name!r}.")


def vector_aliases() -> list[str]:
    """Return the aliases of the engines for vectors, among which one may be chosen."""
    return [
        name for name in settings.SEARCH_ENGINES if issubclass(check_engine(name)[0], VectorEngine)
    ]


def check_engine(alias: str) -> tuple[type[SearchEngine], dict[str, Any]]:
    """Return the class and options that `SEARCH_ENGINES[alias]` declares.

    Raises `ImproperlyConfigured` for an unknown alias, path or option, one out of range, and where
    a package that the engine needs is not installed.
    """
    backend, options = declared_class(
        setting="SEARCH_ENGINES",
        kind="engine",
        name=alias,
        base=SearchEngine,  # type: ignore[type-abstract]  # what is declared need not be
        given={"descriptor"},
    )
    backend.check(**options)
    return backend, options


def reset_engines(**kwargs: Any) -> None:
    """Forget every engine and what it holds in memory."""
    if kwargs.get("setting", "SEARCH_ENGINES") == "SEARCH_ENGINES":
        with _lock:
            _engines.clear()


setting_changed.connect(reset_engines)
