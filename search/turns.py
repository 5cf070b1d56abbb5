"""Uploads are worked on in turns: few at a time, in the order in which they came. Pure: no Django.

What an upload takes is mostly all cores for a while: many at once would each take as long as all of
them together, and pages would wait with them. Those that wait hold a thread each, and nothing else.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class TooManyWaiting(Exception):
    """So many wait already that this one cannot; `number` of them."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{number} uploads wait already")
        self.number = number


class Turns:
    """`at_once` have their turn, and at most `most_waiting` others wait for it."""

    def __init__(self, *, at_once: int, most_waiting: int) -> None:
        self.at_once, self.most_waiting = at_once, most_waiting
        self._working = 0
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, ticket: str) -> Iterator[None]:
        """Wait for one's turn, and have it within. `ticket` is a name that nobody else has.

        Raises `TooManyWaiting`.
        """
        with self._changed:
            is_full = self._working >= self.at_once and len(self._waiting) >= self.most_waiting
            if is_full:
                raise TooManyWaiting(len(self._waiting))
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(
                    lambda: self._working < self.at_once and self._waiting[0] == ticket
                )
                self._working += 1
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def before(self, ticket: str) -> int | None:
        """Return how many have their turn before this one, whose ticket is this or begins with
        it and a slash; None where it does not wait."""
        with self._changed:
            names = [waiting.partition("/")[0] for waiting in self._waiting]
        return names.index(ticket) if ticket in names else None
