"""Write-ahead logging for SQLite, switched on by whoever connects first."""

import time
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog.locks import is_locked

SECONDS_BETWEEN_ATTEMPTS = 0.02


def use_write_ahead_log(*, connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Switch a new connection's database to write-ahead logging; it mostly is already.

    Not as `init_command`: while another process switches the new file, SQLite refuses at once,
    without the time-out that it keeps elsewhere.
    """
    if connection.vendor != "sqlite":
        return
    deadline = time.monotonic() + connection.settings_dict["OPTIONS"].get("timeout", 5)
    with connection.cursor() as cursor:
        while True:
            try:
                cursor.execute("PRAGMA journal_mode=WAL")
                return
            except OperationalError as error:
                if not is_locked(error) or time.monotonic() > deadline:
                    raise
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)
