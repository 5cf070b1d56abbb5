"""How long to wait for a storage: a page not long, because it holds a thread; a command longer.

Pure: no Django.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_hurried: ContextVar[bool] = ContextVar("hurried", default=False)


@contextmanager
def hurried() -> Iterator[None]:
    """What runs within has somebody waiting for a page."""
    token = _hurried.set(True)
    try:
        yield
    finally:
        _hurried.reset(token)


def is_hurried() -> bool:
    """Tell whether somebody waits for a page."""
    return _hurried.get()
