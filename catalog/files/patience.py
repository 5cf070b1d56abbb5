"""How long to wait for a storage: a page not long, because it holds a thread; a command longer.

Pure: no Django.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a connection must stand, and without an answer; how often to ask in all."""

    connect: float
    read: float
    attempts: int


COMMAND = Patience(5, 60, 4)
FORM = Patience(2, 5, 1)
PAGE = Patience(1, 1.5, 1)

_current: ContextVar[Patience] = ContextVar("patience", default=COMMAND)


@contextmanager
def patience_of(patience: Patience) -> Iterator[None]:
    """Wait no longer than this for a storage within."""
    token = _current.set(patience)
    try:
        yield
    finally:
        _current.reset(token)


def current_patience() -> Patience:
    """Return how long to wait for a storage here and now."""
    return _current.get()
