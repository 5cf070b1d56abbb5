"""The exact engine: every vector in memory, every query a linear scan over them."""

import numpy.typing as npt

from ..index.ranking import merge, nearest
from ..index.snapshot import Base
from .base import Answer, scanned
from .following import FollowingVectorEngine
from .reading import last_change, read_into_memory


class ExactEngine(FollowingVectorEngine):
    """Compares a query with every vector.

    Memory: 16 KB an image for fc6. More than a gigabyte is mapped from a file, and shared by all
    processes; less, each process reads from it. With `cache=False` they read the database.
    """

    def answer(
        self, queries: npt.ArrayLike, k: int, *, within: frozenset[int] | None = None
    ) -> Answer:
        checked = self.checked_queries(queries, k)
        snapshot = self._snapshot
        base = snapshot.base
        found = [
            nearest(base.rows.matrix[part], base.ids[part], base.alive[part], checked, k)
            for part in base.chosen(within)
        ]
        found += [
            nearest(block.rows, block.ids, block.alive, checked, k)
            for block in snapshot.blocks(within)
        ]
        ids, distances = merge(found, k, len(checked))
        return Answer(ids, distances, scanned(len(ids)), snapshot.count(within))

    def build(self) -> tuple[Base, int]:
        revision, _ = last_change(None)
        return read_into_memory(self.descriptor), revision
