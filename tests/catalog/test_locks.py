"""Writes that are done at once or not at all; with real locks in search/test_beside_a_writer.py."""

import sqlite3

import pytest
from django.db import DatabaseError, OperationalError, connection

from catalog.locks import Locked, at_once, is_locked
from catalog.models import Collection

pytestmark = pytest.mark.django_db


def refused(cause: Exception) -> OperationalError:
    error = OperationalError("refused")
    error.__cause__ = cause
    return error


class OfPostgresql(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


class OfSqlite(sqlite3.OperationalError):
    def __init__(self, code: int) -> None:
        self.sqlite_errorcode = code


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (OfSqlite(sqlite3.SQLITE_BUSY), True),
        (OfSqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (OfSqlite(sqlite3.SQLITE_LOCKED), True),
        (OfSqlite(sqlite3.SQLITE_READONLY), False),
        (OfSqlite(sqlite3.SQLITE_FULL), False),
        (OfPostgresql("55P03"), True),
        (OfPostgresql("25006"), False),  # a read-only database
        (ValueError("no code at all"), False),
    ],
)
def test_a_lock_is_told_from_what_stays(cause, expected):
    # Catches a full or read-only database tried again at every search, and a lock taken for one.
    assert is_locked(refused(cause)) is expected
    with pytest.raises(Locked if expected else OperationalError), at_once():
        raise refused(cause)


def test_patience_comes_back_afterwards():
    # Catches an import that fails at once, because a search in its thread was not to wait.
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL forgets it with the transaction")

    def patience() -> int:
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA busy_timeout").fetchone()[0]

    before = patience()
    assert before > 0
    with at_once():
        assert patience() == 0
    with pytest.raises(DatabaseError), at_once():
        raise DatabaseError
    assert patience() == before


def test_what_fails_leaves_nothing():
    # Catches half of what was to be written.
    with pytest.raises(OperationalError), at_once():
        Collection.objects.create(slug="half")
        raise OperationalError
    assert not Collection.objects.exists()
