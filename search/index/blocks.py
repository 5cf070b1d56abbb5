"""A growing matrix of vectors that can be read while it is changed. Pure NumPy, no Django."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

from .ranking import BoolArray, Int64Array

GROWTH = 1.125
# Scanning dead rows costs bandwidth, dropping them costs a copy of the rest.
MAX_DEAD_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Block:
    """Some images' vectors: row i of `buffer` belongs to image `ids[i]` while `alive[i]`.

    `buffer` is (capacity, D) float32 with capacity >= len(ids). A block is never changed: its
    methods return a new one that shares the buffer, written only past the rows that older blocks
    see. A reader may so go on with the block it has. Derive only from the newest block.
    """

    buffer: Float32Array
    ids: Int64Array
    alive: BoolArray

    @classmethod
    def empty(cls, *, capacity: int, dim: int) -> "Block":
        return cls(
            buffer=np.empty((capacity, dim), dtype=np.float32),
            ids=np.empty(0, dtype=np.int64),
            alive=np.empty(0, dtype=np.bool_),
        )

    @property
    def rows(self) -> Float32Array:
        """The used part of the buffer, dead rows included: (N, D)."""
        return self.buffer[: len(self.ids)]

    @property
    def count(self) -> int:
        """How many rows are alive."""
        return int(np.count_nonzero(self.alive))

    def append(self, ids: npt.ArrayLike, vectors: Float32Array) -> "Block":
        """Return a block with rows added; copies what there is only where the buffer is full."""
        added = np.asarray(ids, dtype=np.int64)
        used, total = len(self.ids), len(self.ids) + len(added)
        buffer = self.buffer
        if total > len(buffer):
            capacity = max(total, int(len(buffer) * GROWTH) + 1)
            buffer = np.empty((capacity, buffer.shape[1]), dtype=np.float32)
            buffer[:used] = self.rows
        buffer[used:total] = vectors
        return Block(
            buffer=buffer,
            ids=np.concatenate([self.ids, added]),
            alive=np.concatenate([self.alive, np.ones(len(added), dtype=np.bool_)]),
        )

    def remove(self, ids: npt.ArrayLike) -> "Block":
        """Return a block in which the rows of these images are dead; unknown ids are ignored."""
        alive = self.alive & ~np.isin(self.ids, ids)
        block = Block(buffer=self.buffer, ids=self.ids, alive=alive)
        dead = len(alive) - block.count
        return block.compact() if dead > MAX_DEAD_SHARE * len(alive) else block

    def compact(self) -> "Block":
        """Return a block of the living rows alone, in a buffer of its own."""
        return Block(
            buffer=self.rows[self.alive],
            ids=self.ids[self.alive],
            alive=np.ones(self.count, dtype=np.bool_),
        )
