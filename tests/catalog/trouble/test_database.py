"""What is the matter with a database, by real databases in real trouble."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError, connection
from django.db.utils import DatabaseErrorWrapper

from catalog.trouble import trouble_in_words
from catalog.trouble.database import TEXTS, WORDS, Trouble, as_djangos, in_words, trouble_of


class Raising:
    """Lets Django wrap what a driver raises, as it does while a page is made."""

    def __init__(self, driver) -> None:
        self.Database = driver
        self.errors_occurred = False
        self.vendor = "any"


def wrapped(driver, action) -> Exception:
    """Run `action`, which must fail, and return the error as Django raises it."""
    with pytest.raises(Exception) as caught, DatabaseErrorWrapper(Raising(driver)):
        action()
    return caught.value


@pytest.mark.django_db
def test_what_a_driver_raises_by_itself_is_trouble_of_the_database(monkeypatch):
    # Catches a page 500: psycopg closes the cursor of an unread list without Django's knowledge.
    driver = connection.Database
    monkeypatch.setattr(connection, "errors_occurred", False)
    raw = driver.OperationalError("server closed the connection unexpectedly")
    assert isinstance(as_djangos(raw), OperationalError)
    assert connection.errors_occurred  # so that it is not used for the next page
    assert trouble_in_words(driver.OperationalError("database is locked")) is not None
    assert as_djangos(other := ValueError("x")) is other


def test_sqlite_in_trouble(tmp_path: Path):
    # Catches one remedy for everything: these come as the same class with different codes.
    path = tmp_path / "db.sqlite3"
    first = sqlite3.connect(path, isolation_level=None)
    second = sqlite3.connect(path, isolation_level=None, timeout=0)
    first.execute("CREATE TABLE t (x)")
    first.execute("BEGIN EXCLUSIVE")
    error = wrapped(sqlite3, lambda: second.execute("INSERT INTO t VALUES (1)"))
    assert trouble_of(error) is Trouble.LOCKED
    first.execute("ROLLBACK")

    error = wrapped(sqlite3, lambda: second.execute("SELECT * FROM absent"))
    assert trouble_of(error) is Trouble.NO_TABLES
    error = wrapped(sqlite3, lambda: second.execute("SELECT y FROM t"))
    assert trouble_of(error) is Trouble.NO_TABLES

    reading = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    error = wrapped(sqlite3, lambda: reading.execute("INSERT INTO t VALUES (1)"))
    assert trouble_of(error) is Trouble.READ_ONLY

    second.execute("PRAGMA max_page_count=2")
    error = wrapped(sqlite3, lambda: second.execute("INSERT INTO t VALUES (zeroblob(90000))"))
    assert trouble_of(error) is Trouble.FULL

    pattern = "%" * 60_000
    error = wrapped(sqlite3, lambda: second.execute("SELECT 'a' LIKE ?", [pattern]))
    assert trouble_of(error) is Trouble.TOO_MUCH
    deep = " AND ".join(["1"] * 2000)
    error = wrapped(sqlite3, lambda: second.execute(f"SELECT {deep}"))
    assert trouble_of(error) is Trouble.TOO_MUCH


def test_sqlite_files_that_are_none(tmp_path: Path):
    # Catches "run migrate first" for a damaged file.
    path = tmp_path / "db.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    error = wrapped(sqlite3, lambda: sqlite3.connect(path).execute("SELECT * FROM t"))
    assert trouble_of(error) is Trouble.OTHER_FILE
    gone = tmp_path / "gone" / "db.sqlite3"
    error = wrapped(sqlite3, lambda: sqlite3.connect(gone).execute("SELECT 1"))
    assert trouble_of(error) is Trouble.CANNOT_OPEN

    whole = sqlite3.connect(tmp_path / "whole.sqlite3")
    whole.execute("CREATE TABLE t (x)")
    whole.executemany("INSERT INTO t VALUES (?)", [("x" * 3000,) for _row in range(50)])
    whole.commit()
    whole.close()
    content = bytearray((tmp_path / "whole.sqlite3").read_bytes())
    content[5000:40_000] = b"\x55" * 35_000
    (tmp_path / "torn.sqlite3").write_bytes(content)
    torn = sqlite3.connect(tmp_path / "torn.sqlite3")
    error = wrapped(sqlite3, lambda: torn.execute("SELECT sum(length(x)) FROM t").fetchall())
    assert trouble_of(error) is Trouble.DAMAGED


@pytest.mark.slow
def test_postgresql_in_trouble(postgres_url):
    # Catches texts taken for codes: a server answers in its own language.
    def run(statement: str, url: str = postgres_url, setting: str = "") -> Exception:
        def action() -> None:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as database:
                database.execute(setting or "SELECT 1")
                database.execute(statement)

        return wrapped(psycopg, action)

    assert trouble_of(run("SELECT * FROM absent")) is Trouble.NO_TABLES
    assert trouble_of(run("SELECT absent")) is Trouble.NO_TABLES
    read_only = "SET default_transaction_read_only = on"
    assert trouble_of(run("CREATE TABLE t (x int)", setting=read_only)) is Trouble.READ_ONLY
    assert trouble_of(run("SELECT 99999999999999999999::bigint")) is Trouble.BAD_VALUE
    slow = "SET statement_timeout = 10"
    assert trouble_of(run("SELECT pg_sleep(5)", setting=slow)) is Trouble.LOCKED
    ended = run("SELECT pg_terminate_backend(pg_backend_pid())")
    assert trouble_of(ended) is Trouble.UNREACHABLE
    elsewhere = postgres_url.rsplit("/", 1)[0] + "/nowhere"
    assert trouble_of(run("SELECT 1", url=elsewhere)) is Trouble.NO_DATABASE
    nobody = postgres_url.replace("postgres@", "nobody-at-all@")
    assert trouble_of(run("SELECT 1", url=nobody)) is Trouble.DENIED
    closed = "postgres://postgres@127.0.0.1:1/postgres"
    assert trouble_of(run("SELECT 1", url=closed)) is Trouble.UNREACHABLE


def test_errors_without_a_code_are_known_by_their_words():
    # Catches a word of the table that an earlier one hides.
    for words, trouble in TEXTS.items():
        if trouble not in (Trouble.DISK, Trouble.CANNOT_OPEN, Trouble.READ_ONLY):
            assert trouble_of(OperationalError(f"x {words} y")) is trouble, words
    assert trouble_of(InterfaceError("connection already closed")) is Trouble.UNREACHABLE
    assert trouble_of(DataError("value out of range")) is Trouble.BAD_VALUE
    assert trouble_of(ProgrammingError("syntax error")) is Trouble.UNKNOWN


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_is_a_sentence_that_names_the_database(trouble, monkeypatch):
    # Catches a trouble without words, and a driver's English in them.
    monkeypatch.setattr("catalog.trouble.database.trouble_of", lambda error: trouble)
    text = in_words(OperationalError("English of a driver"))
    assert str(connection.settings_dict["NAME"]) in text
    assert "English" not in text
    assert trouble in WORDS
