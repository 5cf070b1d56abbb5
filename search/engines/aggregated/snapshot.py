"""What the aggregated engine searches: postings as they were once, and what changed since."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.descriptors.local.aggregation import Aggregated

from ...index.array_file import ArrayFileWriter
from .postings import Postings, invert, joined

# What came since is searched piece by piece: above this number they are joined to one.
MOST_PIECES = 8


@dataclass(frozen=True, slots=True)
class PostingsSnapshot:
    """A base, and pieces of what came or changed since. Never changed: methods return a new one."""

    base: Postings
    delta: tuple[Postings, ...] = ()

    @property
    def parts(self) -> tuple[Postings, ...]:
        return (self.base, *self.delta)

    def count(self, within: frozenset[int] | None = None) -> int:
        return sum(int(np.count_nonzero(part.chosen(within))) for part in self.parts)

    def remove(self, ids: npt.ArrayLike) -> "PostingsSnapshot":
        """Return a snapshot without these images; unknown ids are ignored."""
        delta = tuple(part.without(ids) for part in self.delta)
        return PostingsSnapshot(self.base.without(ids), tuple(p for p in delta if p.alive.any()))

    def append(
        self, collection: int, ids: Sequence[int], images: Sequence[Aggregated]
    ) -> "PostingsSnapshot":
        """Return a snapshot with images added to a collection."""
        delta = (*self.delta, invert(collection, ids, images))
        return replace(self, delta=delta if len(delta) <= MOST_PIECES else (joined(delta),))

    def drift(self) -> int:
        """How many images the base lacks or holds needlessly."""
        dead = int(np.count_nonzero(~self.base.alive))
        return max(dead, sum(int(np.count_nonzero(part.alive)) for part in self.delta))

    def write_to(self, writer: ArrayFileWriter) -> dict[str, Any]:
        """Write all that is alive; see `Postings.write_to`."""
        return joined(self.parts).write_to(writer)
