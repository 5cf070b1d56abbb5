"""How many pictures are decoded at once in this process, by what they cost. Knows no Django.

Ordinary photographs go in a lane as wide as the machine has cores; what takes more memory goes one
at a time in a lane of its own, so that nobody waits behind it for anything but the processor.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

# Bytes: 26 million pixels of an ordinary JPEG, a photograph of today's cameras.
ORDINARY_COST = 200 * 1024**2


class Busy(Exception):
    """No place became free within the time that the caller can wait."""


class Lane:
    """Places for `width` decodings at a time; `patience` is how long a server waits, in seconds."""

    def __init__(self, width: int, *, patience: float) -> None:
        self.places = BoundedSemaphore(width)
        self.patience = patience

    @contextmanager
    def place(self, *, for_ever: bool) -> Iterator[None]:
        """Hold a place; raises `Busy` where none is free in time, unless one waits `for_ever`."""
        if not self.places.acquire(timeout=None if for_ever else self.patience):
            raise Busy
        try:
            yield
        finally:
            self.places.release()


# Ordinary pictures take a second at most, so their turn comes. Of those in the other lane the
# second one is told to come again: whoever waits there holds one of the server's threads.
ORDINARY = Lane(max(2, os.cpu_count() or 1), patience=10)
HEAVY = Lane(1, patience=2)


def lane_for(cost: int) -> Lane:
    """Return the lane for a decoding that takes `cost` bytes, or as long as one that does."""
    return ORDINARY if cost <= ORDINARY_COST else HEAVY
