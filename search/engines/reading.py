"""Reads vectors from the database in bulk, without model instances."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

import numpy as np
from django.db import connection

from catalog.descriptors import Descriptor
from catalog.models import VectorChange
from catalog.streaming import ROWS_AT_A_TIME
from catalog.vectors import STORED_DTYPE, Float32Array, VectorError, decode_many
from catalog.vectorstore import vectors_of

from ..index.rows import MemoryRows
from ..index.snapshot import Base

LAST_CHANGE = (
    "SELECT MAX(seq), EXISTS(SELECT 1 FROM search_vectorfile WHERE mark = %s) "
    "FROM catalog_vectorchange"
)

Vectors = tuple[int, list[int], Float32Array]  # collection, images, vectors


def read_vectors(
    descriptor: Descriptor, *, images: Sequence[int] | None = None
) -> Iterator[Vectors]:
    """Yield the current vectors, of these images or of all, collection by collection, in pieces."""
    rows = vectors_of(descriptor.name).stream(descriptor.model_id, images=images)
    for collection, group in groupby(rows, key=lambda row: row[0]):
        while batch := list(islice(group, ROWS_AT_A_TIME)):
            vectors = decode_many([stored for _collection, _pk, stored in batch], descriptor.dim)
            yield collection, [pk for _collection, pk, _stored in batch], vectors


def read_into_memory(descriptor: Descriptor) -> Base:
    """Read every current vector of `descriptor` into one matrix.

    Raises `VectorError` for a stored vector of another length.
    """
    # At least the number of rows, from an index; what stays empty of the matrix costs nothing.
    store = vectors_of(descriptor.name)
    capacity = store.count(descriptor.model_id)
    size = descriptor.dim * STORED_DTYPE.itemsize
    matrix = np.empty((capacity, size), dtype=np.uint8)
    target = matrix.reshape(-1).data
    ids: list[int] = []
    collections: list[int] = []
    # A row at a time, straight to its place: in pieces, each would be copied twice.
    for row, (collection, pk, stored) in enumerate(store.stream(descriptor.model_id)):
        if len(stored) != size:
            raise VectorError(f"image {pk}: expected {size} bytes, got {len(stored)}")
        if row == len(matrix):  # rows that came after counting
            matrix = np.concatenate([matrix, np.empty((ROWS_AT_A_TIME, size), dtype=np.uint8)])
            target = matrix.reshape(-1).data
        target[row * size : (row + 1) * size] = stored
        ids.append(pk)
        collections.append(collection)
    return Base.of(
        MemoryRows(matrix[: len(ids)].view(STORED_DTYPE).astype(np.float32, copy=False)),
        np.array(ids, dtype=np.int64),
        np.array(collections, dtype=np.int64),
    )


def last_change(mark: int | None) -> tuple[int, bool]:
    """Return the number of the last vector change, and whether the database has `mark`.

    Without a mark, the second is True. Every search asks this first, hence plain SQL: Django
    takes ten times as long to put such a query together as databases take to answer it.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_CHANGE, [mark or 0])
        seq, marked = cursor.fetchone()
    return seq or 0, mark is None or bool(marked)


def changed_since(seen: int, last: int, descriptor: str) -> list[int]:
    """Return the images whose vectors of this descriptor changed after `seen`, up to `last`,
    deleted ones included."""
    changes = VectorChange.objects.filter(descriptor=descriptor, seq__gt=seen, seq__lte=last)
    return list(changes.values_list("image_id", flat=True))
