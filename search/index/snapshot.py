"""What an engine searches: vectors as they were once, and what changed since. No Django."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

from .array_file import ArrayFile, ArrayFileError, ArrayFileWriter
from .blocks import Block
from .ranking import BoolArray, Int64Array
from .rows import MemoryRows, Rows

Piece = tuple[int, npt.ArrayLike, Float32Array]  # collection, images (n,), vectors (n, D)

# Vectors copied at a time when a file is written.
COPY_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Base:
    """Vectors that are never written again: row i of `rows` is of image `ids[i]`, while `alive[i]`.

    `parts` says which rows belong to which collection. `mark` is the number that the file has in
    the database, None where the vectors are in memory alone. `files` are that of the vectors and
    those of what an engine adds; an engine that adds something, such as codes, searches a subclass.
    """

    rows: Rows
    ids: Int64Array
    alive: BoolArray
    parts: tuple[tuple[int, slice], ...]
    mark: int | None = None
    files: tuple[ArrayFile, ...] = ()

    @classmethod
    def of(cls, rows: Rows, ids: Int64Array, collections: Int64Array, **more: Any) -> "Base":
        alive = np.ones(len(ids), dtype=np.bool_)
        return cls(rows=rows, ids=ids, alive=alive, parts=tuple(runs(collections)), **more)

    @classmethod
    def empty(cls, dim: int) -> "Base":
        nothing = np.empty(0, dtype=np.int64)
        return cls.of(MemoryRows(np.empty((0, dim), dtype=np.float32)), nothing, nothing)

    @property
    def count(self) -> int:
        return int(np.count_nonzero(self.alive))

    def chosen(self, within: frozenset[int] | None) -> list[slice]:
        """Return the rows of some collections, or of all of them, in as few runs as there are."""
        if within is None:
            return [slice(0, len(self.ids))] if len(self.ids) else []
        found: list[slice] = []
        for collection, part in self.parts:
            if collection not in within:
                continue
            if found and found[-1].stop == part.start:
                found[-1] = slice(found[-1].start, part.stop)
            else:
                found.append(part)
        return found


def runs(collections: Int64Array) -> Iterator[tuple[int, slice]]:
    """Yield (collection, rows) for each run of rows of one collection."""
    edges = [0, *(np.flatnonzero(np.diff(collections)) + 1).tolist(), len(collections)]
    for start, stop in pairwise(edges):
        if stop > start:
            yield int(collections[start]), slice(start, stop)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A base, and one block per collection of the vectors that came or changed since.

    Never changed: its methods return a new one. `changed` counts the images followed since.
    """

    base: Base
    delta: Mapping[int, Block] = field(default_factory=dict)

    def count(self, within: frozenset[int] | None = None) -> int:
        base = sum(int(np.count_nonzero(self.base.alive[p])) for p in self.base.chosen(within))
        return base + sum(block.count for block in self.blocks(within))

    def blocks(self, within: frozenset[int] | None = None) -> list[Block]:
        if within is None:
            return list(self.delta.values())
        return [block for collection, block in self.delta.items() if collection in within]

    def remove(self, ids: npt.ArrayLike) -> "Snapshot":
        """Return a snapshot without these images; unknown ids are ignored."""
        alive = self.base.alive & ~np.isin(self.base.ids, ids)
        removed = {key: block.remove(ids) for key, block in self.delta.items()}
        return Snapshot(
            base=replace(self.base, alive=alive),
            delta={key: block for key, block in removed.items() if block.count},
        )

    def append(self, collection: int, ids: npt.ArrayLike, vectors: Float32Array) -> "Snapshot":
        """Return a snapshot with rows added to a collection."""
        block = self.delta.get(collection)
        if block is None:
            block = Block.empty(capacity=len(vectors), dim=vectors.shape[1])
        return replace(self, delta={**self.delta, collection: block.append(ids, vectors)})

    def drift(self) -> int:
        """How many rows the base lacks or holds needlessly."""
        dead = len(self.base.ids) - self.base.count
        return max(dead, sum(block.count for block in self.delta.values()))

    def living(self) -> Iterator[Piece]:
        """Yield (collection, ids, vectors) of all that is alive, by collection, in small pieces."""
        collections = {collection for collection, _ in self.base.parts} | set(self.delta)
        for collection in sorted(collections):
            only = frozenset([collection])
            for part in self.base.chosen(only):
                for first, chunk in self.base.rows.chunks(part.start, part.stop, COPY_ROWS):
                    place = slice(first, first + len(chunk))
                    alive = self.base.alive[place]
                    yield collection, self.base.ids[place][alive], chunk[alive]
            for block in self.blocks(only):
                for first in range(0, len(block.ids), COPY_ROWS):
                    place = slice(first, first + COPY_ROWS)
                    alive = block.alive[place]
                    yield collection, block.ids[place][alive], block.rows[place][alive]

    def write_to(self, writer: ArrayFileWriter) -> dict[str, Any]:
        """Write all that is alive, as `write_pieces`."""
        return write_pieces(writer, self.living(), self.base.rows.matrix.shape[1])


def write_pieces(writer: ArrayFileWriter, pieces: Iterable[Piece], dim: int) -> dict[str, Any]:
    """Write a base to a file, piece by piece; return what its header has to say of it."""
    file = VectorFileWriter(writer, dim)
    for collection, ids, rows in pieces:
        file.write(collection, ids, rows)
    return file.finish()


class VectorFileWriter:
    """Writes a base to a file, piece by piece; see `ArrayFileWriter` for its rules."""

    def __init__(self, writer: ArrayFileWriter, dim: int) -> None:
        self._writer = writer
        self._ids: list[Int64Array] = []
        self._collections: list[Int64Array] = []
        self._least, self._largest = 0.0, 0.0
        writer.begin("rows", np.float32, dim)

    def write(self, collection: int, ids: npt.ArrayLike, vectors: Float32Array) -> None:
        added = np.asarray(ids, dtype=np.int64)
        if not len(added):
            return
        self._writer.write(vectors)
        self._ids.append(added)
        self._collections.append(np.full(len(added), collection, dtype=np.int64))
        self._least = min(self._least, float(vectors.min()))
        self._largest = max(self._largest, float(vectors.max()))

    def finish(self) -> dict[str, Any]:
        """Write which images the rows are of; return the smallest and the largest component."""
        nothing = [np.empty(0, dtype=np.int64)]
        self._writer.add("ids", np.concatenate(self._ids or nothing))
        self._writer.add("collections", np.concatenate(self._collections or nothing))
        return {"least": self._least, "largest": self._largest}


def open_base(file: ArrayFile, dim: int, *, scanned: bool) -> Base:
    """Return the vectors of a file, all of which are `scanned` by every query, or few.

    Raises `ArrayFileError` where they are not of length `dim`.
    """
    rows = file.rows("rows", scanned=scanned)
    # Copies: the arrays are small, and used whole by every search.
    ids, collections = file.array("ids").copy(), file.array("collections").copy()
    if rows.matrix.shape != (len(ids), dim) or ids.shape != collections.shape:
        raise ArrayFileError(f"{file.path.name} has arrays that do not fit together")
    return Base.of(rows, ids, collections, mark=file.facts["mark"], files=(file,))
