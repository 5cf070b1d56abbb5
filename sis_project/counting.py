"""The database cache, with counters that several processes may raise at once.

Django's own reads a counter and writes it back in two steps and loses what others count meanwhile,
and it starts the entry's time anew.
"""

import base64
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

# How long the cache waits for a lock. Imports may hold SQLite's for much longer, and nobody who
# searches is to wait for a counter.
PATIENCE_MS = 300


class CountingDatabaseCache(DatabaseCache):
    """`incr` is one transaction. No write waits for a lock longer than `PATIENCE_MS`."""

    _table: str

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raise the counter and return it; its time goes on.

        Raises `ValueError` where there is none, and `DatabaseError` where the database is locked.
        """
        key = self.make_and_validate_key(key, version=version)
        connection = self.connection()
        now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
        lock = connection.ops.for_update_sql() if connection.features.has_select_for_update else ""
        with (
            patience(connection),
            transaction.atomic(using=connection.alias),
            connection.cursor() as cursor,
        ):
            table = connection.ops.quote_name(self._table)
            if connection.vendor == "postgresql":
                cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
            cursor.execute(
                f"SELECT value FROM {table} WHERE cache_key = %s AND expires >= %s {lock}",  # noqa: S608
                [key, now],
            )
            row = cursor.fetchone()
            if row is None:
                raise ValueError(f"there is no counter {key!r}")
            value: int = pickle.loads(base64.b64decode(row[0])) + delta  # noqa: S301 (as Django does)
            encoded = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("ascii")
            cursor.execute(
                f"UPDATE {table} SET value = %s WHERE cache_key = %s",  # noqa: S608
                [encoded, key],
            )
        return value

    def connection(self) -> BaseDatabaseWrapper:
        return connections[router.db_for_write(self.cache_model_class)]

    def _base_set(self, *args: Any, **kwargs: Any) -> bool:
        with patience(self.connection()):
            return super()._base_set(*args, **kwargs)  # type: ignore[misc]

    def _base_delete_many(self, *args: Any) -> bool:
        with patience(self.connection()):
            return super()._base_delete_many(*args)  # type: ignore[misc]


@contextmanager
def patience(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let SQLite give up on a lock after `PATIENCE_MS` instead of the connection's time-out."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    usual_ms = round(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
    raw = connection.connection
    raw.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {usual_ms}")
