"""The exact engine: every vector in memory, every query a linear scan over them."""

import threading
from collections.abc import Iterator
from itertools import groupby, islice

import numpy.typing as npt
from django.db.models import BinaryField, Count, ExpressionWrapper, F, Max

from catalog.descriptors import Descriptor
from catalog.models import Image, VectorChange
from catalog.querysets import ImageQuerySet
from catalog.vectors import Float32Array, decode_many

from ..blocks import Block
from ..ranking import Int64Array, merge, nearest
from .base import SearchEngine

# Rows read from the database at a time; SQLite takes at most 999 values in one statement.
ROWS_AT_A_TIME = 500

Row = tuple[int, int, bytes]  # collection, image, stored vector


class ExactEngine(SearchEngine):
    """Keeps one block of vectors per collection, in step with the database.

    Memory: 16 KB an image for fc6. `sync()` asks the database for the number of the last vector
    change; only images changed since then are read again.
    """

    def __init__(self, *, descriptor: Descriptor) -> None:
        super().__init__(descriptor=descriptor)
        self.model_id = descriptor.model_id
        self._lock = threading.Lock()
        self._blocks: dict[int, Block] = {}
        self._seen: int | None = None

    def sync(self) -> None:
        with self._lock:
            last = VectorChange.objects.aggregate(last=Max("seq"))["last"] or 0
            if last == self._seen:
                return
            # A number below the one seen means that the tables were emptied or restored.
            if self._seen is None or last < self._seen:
                self._blocks = self._load()
            else:
                self._follow(last)
            self._seen = last

    def count(self, *, within: int | None = None) -> int:
        return sum(block.count for block in self._chosen(within))

    def search(
        self, queries: npt.ArrayLike, k: int, *, within: int | None = None
    ) -> tuple[Int64Array, Float32Array]:
        checked = self.checked_queries(queries, k)
        found = [
            nearest(block.rows, block.ids, block.alive, checked, k)
            for block in self._chosen(within)
        ]
        return merge(found, k, len(checked))

    def _chosen(self, within: int | None) -> list[Block]:
        blocks = self._blocks
        if within is None:
            return list(blocks.values())
        return [blocks[within]] if within in blocks else []

    def _load(self) -> dict[int, Block]:
        """Read every current vector into blocks of the right size."""
        self._blocks = {}  # frees the memory before it is taken again
        images = Image.objects.with_current(self.descriptor.name, self.model_id)
        sizes = images.order_by().values_list("collection").annotate(size=Count("pk"))
        blocks = {
            collection: Block.empty(capacity=size, dim=self.descriptor.dim)
            for collection, size in sizes
        }
        add_rows(blocks, self._read(images), dim=self.descriptor.dim)
        return blocks

    def _follow(self, last: int) -> None:
        """Drop the images changed since the last `sync()` and read again those still current."""
        changes = VectorChange.objects.filter(seq__gt=self._seen, seq__lte=last)
        changed = list(changes.values_list("image_id", flat=True))
        blocks = {collection: block.remove(changed) for collection, block in self._blocks.items()}
        current = Image.objects.with_current(self.descriptor.name, self.model_id)
        for start in range(0, len(changed), ROWS_AT_A_TIME):
            batch = changed[start : start + ROWS_AT_A_TIME]
            rows = self._read(current.filter(pk__in=batch))
            add_rows(blocks, rows, dim=self.descriptor.dim)
        self._blocks = {key: block for key, block in blocks.items() if block.count}

    def _read(self, images: ImageQuerySet) -> Iterator[Row]:
        # Bytes, not arrays: a batch of them becomes one array, without a step in Python per row.
        stored = ExpressionWrapper(F(self.descriptor.name), output_field=BinaryField())
        rows = images.order_by("collection", "pk").annotate(stored=stored)
        return rows.values_list("collection", "pk", "stored").iterator(chunk_size=ROWS_AT_A_TIME)


def add_rows(blocks: dict[int, Block], rows: Iterator[Row], *, dim: int) -> None:
    """Append rows, which come ordered by collection, to their collections' blocks."""
    for collection, group in groupby(rows, key=lambda row: row[0]):
        while batch := list(islice(group, ROWS_AT_A_TIME)):
            block = blocks.get(collection) or Block.empty(capacity=len(batch), dim=dim)
            vectors = decode_many([stored for _collection, _pk, stored in batch], dim)
            blocks[collection] = block.append([pk for _collection, pk, _stored in batch], vectors)
