"""How much room is left, and of what: apps above register what they fill."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

# From here on it is time to do something.
NEARLY_FULL = 0.9


@dataclass(frozen=True, slots=True)
class Room:
    """Something that fills. `used` and `total` in bytes; a `total` of 0 is no limit."""

    title: str
    used: int
    total: int

    @property
    def share(self) -> float | None:
        return self.used / self.total if self.total else None

    @property
    def is_nearly_full(self) -> bool:
        return self.share is not None and self.share >= NEARLY_FULL


rooms: list[Callable[[], Iterable[Room]]] = []


def all_rooms() -> list[Room]:
    """Return the state of everything that was registered, in order."""
    return [room for ask in rooms for room in ask()]
