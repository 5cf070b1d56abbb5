"""How long parts of the work take, told to whoever listens. Pure: no Django."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# What was done (`search`, `decode`, `describe`, `verify`, `extract`), and how many seconds it took.
listeners: list[Callable[[str, float], None]] = []


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Tell the listeners how long what is done within took, however it ended."""
    if not listeners:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - began
        for listener in listeners:
            listener(what, seconds)
