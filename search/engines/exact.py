"""The exact engine: every vector in memory, every query a linear scan over them."""

import numpy.typing as npt

from catalog.vectors import Float32Array

from ..index.ranking import Int64Array, merge, nearest
from ..index.snapshot import Base
from .following import FollowingEngine
from .reading import last_change, read_into_memory


class ExactEngine(FollowingEngine):
    """Compares a query with every vector.

    Memory: 16 KB an image for fc6, shared by all processes that map the same file; with
    `cache=False` each has its own, and reads it from the database when it starts.
    """

    def search(
        self, queries: npt.ArrayLike, k: int, *, within: int | None = None
    ) -> tuple[Int64Array, Float32Array]:
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
        return merge(found, k, len(checked))

    def build(self) -> tuple[Base, int]:
        revision, _ = last_change(None)
        return read_into_memory(self.descriptor), revision
