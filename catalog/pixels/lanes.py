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
    """Places for `width` decodings at a time.

    A server waits `patience` seconds for one, and `waiting` of its threads at most do so at once
    (None: any number).
    """

    def __init__(self, width: int, *, patience: float, waiting: int | None = None) -> None:
        self.places = BoundedSemaphore(width)
        self.patience = patience
        self.queue = None if waiting is None else BoundedSemaphore(width + waiting)

    @contextmanager
    def place(self, *, for_ever: bool) -> Iterator[None]:
        """Hold a place; raises `Busy` where none is free in time, unless one waits `for_ever`."""
        with self.in_queue(for_ever):
            if not self.places.acquire(timeout=None if for_ever else self.patience):
                raise Busy
            try:
                yield
            finally:
                self.places.release()

    @contextmanager
    def in_queue(self, for_ever: bool) -> Iterator[None]:
        if self.queue is None or for_ever:
            yield
            return
        if not self.queue.acquire(blocking=False):
            raise Busy
        try:
            yield
        finally:
            self.queue.release()


# Ordinary pictures take a second at most, so their turn comes. Of those in the other lane most
# are told to come again: whoever waits there holds one of the server's threads.
ORDINARY = Lane(max(2, os.cpu_count() or 1), patience=10)
HEAVY = Lane(1, patience=2, waiting=2)


def lane_for(cost: int) -> Lane:
    """Return the lane for a decoding that takes `cost` bytes, or as long as one that does."""
    return ORDINARY if cost <= ORDINARY_COST else HEAVY
