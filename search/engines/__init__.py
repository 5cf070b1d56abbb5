"""Search engines by alias, declared in the setting `SEARCH_ENGINES` like Django's own back ends."""

import threading
from typing import Any

from django.core.signals import setting_changed

from catalog.declarations import declared_class
from catalog.descriptors import Descriptor, get_descriptor

from .base import Answer, Method, SearchEngine, scanned

__all__ = [
    "Answer",
    "Method",
    "SearchEngine",
    "check_engine",
    "get_engine",
    "reset_engines",
    "scanned",
]

_engines: dict[tuple[str, str, str], SearchEngine] = {}
_lock = threading.Lock()


def get_engine(alias: str = "default", *, descriptor: Descriptor | None = None) -> SearchEngine:
    """Return the process's one engine `alias` over `descriptor` (the default one if None).

    Raises `ImproperlyConfigured` naming the setting and the choices.
    """
    descriptor = descriptor or get_descriptor()
    key = (alias, descriptor.name, descriptor.model_id)
    with _lock:
        if key not in _engines:
            backend, options = check_engine(alias)
            _engines[key] = backend(descriptor=descriptor, **options)
        return _engines[key]


def check_engine(alias: str) -> tuple[type[SearchEngine], dict[str, Any]]:
    """Return the class and options that `SEARCH_ENGINES[alias]` declares.

    Raises `ImproperlyConfigured` for an unknown alias, path or option, and where a package that
    the engine needs is not installed.
    """
    backend, options = declared_class(
        setting="SEARCH_ENGINES",
        kind="engine",
        name=alias,
        base=SearchEngine,  # type: ignore[type-abstract]  # what is declared need not be
        given={"descriptor"},
    )
    backend.check()
    return backend, options


def reset_engines(**kwargs: Any) -> None:
    """Forget every engine and what it holds in memory."""
    if kwargs.get("setting", "SEARCH_ENGINES") == "SEARCH_ENGINES":
        with _lock:
            _engines.clear()


setting_changed.connect(reset_engines)
