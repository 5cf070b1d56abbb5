"""Rows of any number, read without holding more than a slice of them."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from django.db import connections, models, transaction

# Rows read at a time, or asked for by number: SQLite takes at most 999 values in one statement.
ROWS_AT_A_TIME = 500


def in_slices(
    rows: models.QuerySet, field: str, images: Sequence[int] | None, *, at_a_time: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows whose `field` is among these images; of all images, as `streamed`."""
    if images is None:
        yield from streamed(rows, at_a_time=at_a_time)
        return
    for start in range(0, len(images), ROWS_AT_A_TIME):
        part = images[start : start + ROWS_AT_A_TIME]
        yield from rows.filter(**{f"{field}__in": part}).iterator(chunk_size=ROWS_AT_A_TIME)


def streamed(rows: models.QuerySet, *, at_a_time: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a `values_list`, as of one moment; numbers and bytes only.

    PostgreSQL sends them in binary from a cursor of its own, in half the time that text takes. Its
    transaction stays open until the last row, so nothing may be written meanwhile.
    """
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        yield from rows.iterator(chunk_size=at_a_time)
        return
    from psycopg import ServerCursor

    sql, parameters = rows.query.sql_with_params()
    name = f"streamed_{uuid4().hex}"
    # Outside a transaction the server would first write all rows aside.
    with transaction.atomic(using=rows.db), connection.wrap_database_errors:
        connection.ensure_connection()
        # Django's own cursors know text only.
        with ServerCursor(connection.connection, name) as cursor:
            cursor.execute(sql, parameters, binary=True)
            while part := cursor.fetchmany(at_a_time):
                yield from part
