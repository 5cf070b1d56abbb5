"""Database writes that reads can do without: done at once, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError, connection, transaction

# Primary result codes of SQLite: another process, or another connection of this one, has the lock.
SQLITE_LOCKED = {5, 6}
# What PostgreSQL says when `lock_timeout` is over.
POSTGRESQL_LOCKED = "55P03"


class Locked(Exception):
    """Another process holds a lock that a write would have had to wait for."""


def is_locked(error: DatabaseError) -> bool:
    """Tell whether the database refused because somebody else holds a lock."""
    cause = error.__cause__
    # Extended codes have the primary one in their last eight bits.
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return code in SQLITE_LOCKED or state == POSTGRESQL_LOCKED


@contextmanager
def at_once() -> Iterator[None]:
    """A transaction that never waits for a lock; raises `Locked` where it would have to.

    Everyone who reads may come here, and a writer may hold SQLite's one lock for minutes: what is
    written here is only good to have, and the next reader can write it as well.
    """
    try:
        with without_patience(), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = 1")  # milliseconds; 0 waits for ever
            yield
    except OperationalError as error:
        if is_locked(error):
            raise Locked from error
        raise


@contextmanager
def without_patience() -> Iterator[None]:
    """Let SQLite refuse at once what is locked, instead of after its time-out."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before:d}")
