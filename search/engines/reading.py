"""Reads vectors from the database in bulk, without model instances."""

from collections.abc import Iterator
from itertools import groupby, islice

import numpy as np
from django.db import connection
from django.db.models import BinaryField, ExpressionWrapper, F

from catalog.descriptors import Descriptor
from catalog.models import Image, VectorChange
from catalog.querysets import ImageQuerySet
from catalog.vectors import STORED_DTYPE, Float32Array, VectorError, decode_many

from ..index.rows import MemoryRows
from ..index.snapshot import Base

# Rows read at a time; SQLite takes at most 999 values in one statement.
ROWS_AT_A_TIME = 500

LAST_CHANGE = (
    "SELECT MAX(seq), EXISTS(SELECT 1 FROM search_vectorfile WHERE mark = %s) "
    "FROM catalog_vectorchange"
)

Row = tuple[int, int, bytes]  # collection, image, stored vector
Vectors = tuple[int, list[int], Float32Array]  # collection, images, vectors


def current_images(descriptor: Descriptor) -> ImageQuerySet:
    return Image.objects.with_current(descriptor.name, descriptor.model_id)


def read_rows(images: ImageQuerySet, descriptor: Descriptor) -> Iterator[Row]:
    """Yield the stored vectors of `images`, ordered by collection and image."""
    # Bytes, not arrays: an array for each would cost more than reading it.
    stored = ExpressionWrapper(F(descriptor.name), output_field=BinaryField())
    rows = images.order_by("collection", "pk").annotate(stored=stored)
    return rows.values_list("collection", "pk", "stored").iterator(chunk_size=ROWS_AT_A_TIME)


def read_vectors(images: ImageQuerySet, descriptor: Descriptor) -> Iterator[Vectors]:
    """Yield the vectors of `images`, collection by collection, in pieces."""
    for collection, group in groupby(read_rows(images, descriptor), key=lambda row: row[0]):
        while batch := list(islice(group, ROWS_AT_A_TIME)):
            vectors = decode_many([stored for _collection, _pk, stored in batch], descriptor.dim)
            yield collection, [pk for _collection, pk, _stored in batch], vectors


def read_changed(ids: list[int], descriptor: Descriptor) -> Iterator[Vectors]:
    """Yield the vectors of those images of `ids` that have a current one."""
    for start in range(0, len(ids), ROWS_AT_A_TIME):
        batch = current_images(descriptor).filter(pk__in=ids[start : start + ROWS_AT_A_TIME])
        yield from read_vectors(batch, descriptor)


def read_into_memory(descriptor: Descriptor) -> Base:
    """Read every current vector of `descriptor` into one matrix.

    Raises `VectorError` for a stored vector of another length.
    """
    # At least the number of rows, from an index; what stays empty of the matrix costs nothing.
    capacity = Image.objects.filter(**{f"{descriptor.name}_model_id": descriptor.model_id}).count()
    size = descriptor.dim * STORED_DTYPE.itemsize
    matrix = np.empty((capacity, size), dtype=np.uint8)
    target = matrix.reshape(-1).data
    ids: list[int] = []
    collections: list[int] = []
    # A row at a time, straight to its place: in pieces, each would be copied twice.
    rows = read_rows(current_images(descriptor), descriptor)
    for row, (collection, pk, stored) in enumerate(rows):
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


def changed_since(seen: int, last: int) -> list[int]:
    """Return the images whose vectors changed after `seen`, up to `last`, deleted ones included."""
    changes = VectorChange.objects.filter(seq__gt=seen, seq__lte=last)
    return list(changes.values_list("image_id", flat=True))
