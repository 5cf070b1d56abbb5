"""What is the matter with the database, by its driver's codes, and what to do about it.

Drivers' texts are English and differ from version to version: they are looked at only where a
driver gives no code.
"""

import os
import shutil
import sqlite3
from enum import Enum, auto
from pathlib import Path
from typing import Any

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What Django raises where a statement could not be done; InterfaceError is not a DatabaseError.
DATABASE_ERRORS = (DatabaseError, InterfaceError)
# A disk with less room than this takes no further page of a database and its log.
LITTLE_ROOM = 256 * 1024


class Trouble(Enum):
    """What is the matter with a database, as far as a remedy depends on it."""

    LOCKED = auto()
    FULL = auto()
    READ_ONLY = auto()
    NO_TABLES = auto()
    NO_DATABASE = auto()
    UNREACHABLE = auto()
    BUSY = auto()
    DENIED = auto()
    CANNOT_OPEN = auto()
    DISK = auto()
    DAMAGED = auto()
    OTHER_FILE = auto()
    MEMORY = auto()
    # Not the database's fault: what it was asked is too much, or no value of the column.
    TOO_MUCH = auto()
    BAD_VALUE = auto()
    # Somebody else wrote the same row, or a statement is wrong: a mistake of ours.
    CONFLICT = auto()
    UNKNOWN = auto()


SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_PERM: Trouble.DENIED,
    sqlite3.SQLITE_AUTH: Trouble.DENIED,
    sqlite3.SQLITE_CANTOPEN: Trouble.CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: Trouble.DISK,
    sqlite3.SQLITE_PROTOCOL: Trouble.LOCKED,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.OTHER_FILE,
    sqlite3.SQLITE_NOMEM: Trouble.MEMORY,
    sqlite3.SQLITE_TOOBIG: Trouble.TOO_MUCH,
    sqlite3.SQLITE_RANGE: Trouble.TOO_MUCH,
    sqlite3.SQLITE_MISMATCH: Trouble.BAD_VALUE,
    sqlite3.SQLITE_CONSTRAINT: Trouble.CONFLICT,
}
# PostgreSQL's SQLSTATE, the longest prefix first.
POSTGRESQL = {
    "42P01": Trouble.NO_TABLES,
    "42703": Trouble.NO_TABLES,
    "3F000": Trouble.NO_TABLES,
    "3D000": Trouble.NO_DATABASE,
    "25006": Trouble.READ_ONLY,
    "53100": Trouble.FULL,
    "53200": Trouble.MEMORY,
    "53300": Trouble.BUSY,
    "55P03": Trouble.LOCKED,
    "55006": Trouble.LOCKED,
    "57014": Trouble.LOCKED,
    "57P": Trouble.UNREACHABLE,
    "42501": Trouble.DENIED,
    "58": Trouble.DISK,
    "08": Trouble.UNREACHABLE,
    "28": Trouble.DENIED,
    "40": Trouble.LOCKED,
    "53": Trouble.BUSY,
    "54": Trouble.TOO_MUCH,
    "22": Trouble.BAD_VALUE,
    "23": Trouble.CONFLICT,
    "XX001": Trouble.DAMAGED,
    "XX002": Trouble.DAMAGED,
}
# Where there is no code: SQLite's general error, and connections that were never made. The first
# that is found counts.
TEXTS = {
    "too many clients": Trouble.BUSY,
    "too many connections": Trouble.BUSY,
    "remaining connection slots": Trouble.BUSY,
    'role "': Trouble.DENIED,
    "no such table": Trouble.NO_TABLES,
    "no such column": Trouble.NO_TABLES,
    "has no column named": Trouble.NO_TABLES,
    "is locked": Trouble.LOCKED,
    "disk is full": Trouble.FULL,
    "No space left": Trouble.FULL,
    "readonly database": Trouble.READ_ONLY,
    "unable to open database file": Trouble.CANNOT_OPEN,
    "disk I/O error": Trouble.DISK,
    "malformed": Trouble.DAMAGED,
    "file is not a database": Trouble.OTHER_FILE,
    "too complex": Trouble.TOO_MUCH,
    "too large": Trouble.TOO_MUCH,
    "too many": Trouble.TOO_MUCH,
    "too big": Trouble.TOO_MUCH,
    "too long": Trouble.TOO_MUCH,
    "parser stack overflow": Trouble.TOO_MUCH,
    "authentication failed": Trouble.DENIED,
    "no pg_hba.conf entry": Trouble.DENIED,
    "no password supplied": Trouble.DENIED,
    "permission denied": Trouble.DENIED,
    "does not exist": Trouble.NO_DATABASE,
    "connect": Trouble.UNREACHABLE,
    "could not translate host name": Trouble.UNREACHABLE,
    "failed to resolve host": Trouble.UNREACHABLE,
    "starting up": Trouble.UNREACHABLE,
    "shutting down": Trouble.UNREACHABLE,
}

WORDS: dict[Trouble, str | Promise] = {
    Trouble.LOCKED: _(
        "The database %(database)s is locked: another program has been writing to it for too "
        "long. Try again when it is done."
    ),
    Trouble.FULL: _("The disk that holds the database %(database)s is full: make room on it."),
    Trouble.READ_ONLY: _(
        "The database %(database)s is read-only here: let this user write to it and to its folder."
    ),
    Trouble.NO_TABLES: _(
        "The database %(database)s has no such table or column yet: run “manage.py migrate” first."
    ),
    Trouble.NO_DATABASE: _(
        "The server has no database %(database)s: create it, or correct DATABASE_URL."
    ),
    Trouble.UNREACHABLE: _(
        "The database %(database)s cannot be reached: check that its server is running, and "
        "DATABASE_URL."
    ),
    Trouble.BUSY: _(
        "The database %(database)s takes no further connection at the moment: close some, or let "
        "its server take more."
    ),
    Trouble.DENIED: _(
        "The database %(database)s refuses this user: check name and password in DATABASE_URL, "
        "and the user's rights."
    ),
    Trouble.CANNOT_OPEN: _(
        "The database %(database)s cannot be opened: check that its folder is there, and that "
        "this user may read and write in it."
    ),
    Trouble.DISK: _(
        "The disk that holds the database %(database)s reports an error: check the disk, and the "
        "system's log."
    ),
    Trouble.DAMAGED: _("The database %(database)s is damaged: restore it from a back-up."),
    Trouble.OTHER_FILE: _(
        "%(database)s is not a database: correct DATABASE_URL, or restore it from a back-up."
    ),
    Trouble.MEMORY: _("The database %(database)s has not enough memory: end other programs."),
    Trouble.TOO_MUCH: _("What was asked is more than the database %(database)s can do at once."),
    Trouble.BAD_VALUE: _(
        "The database %(database)s does not take a value that it was given: it is too large, or "
        "has letters that cannot be stored."
    ),
    Trouble.CONFLICT: _(
        "The database %(database)s did not take the change: another program changed the same "
        "rows. Try again."
    ),
    Trouble.UNKNOWN: _("The database %(database)s reports an error (%(name)s); the log says more."),
}


def as_djangos(error: BaseException) -> BaseException:
    """Return Django's error for a driver's: some come without, as where a cursor is closed."""
    used: Any = connection  # of a driver that types do not know
    if isinstance(error, DATABASE_ERRORS) or not isinstance(error, used.Database.Error):
        return error
    try:
        with connection.wrap_database_errors:
            raise error
    except DATABASE_ERRORS as djangos:
        return djangos


def trouble_of(error: BaseException) -> Trouble:
    """Tell what is the matter, from an error that Django raised for a driver's."""
    cause: Any = error.__cause__ or error
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    state: str = getattr(cause, "sqlstate", None) or ""
    if code is not None and code & 0xFF in SQLITE:
        return seen_on_disk(SQLITE[code & 0xFF])
    for length in (5, 3, 2) if state else ():
        if state[:length] in POSTGRESQL:
            return POSTGRESQL[state[:length]]
    if isinstance(error, OperationalError | InterfaceError | ProgrammingError):
        text = str(error)
        for words, trouble in TEXTS.items():
            if words in text:
                return seen_on_disk(trouble)
    if isinstance(error, IntegrityError):
        return Trouble.CONFLICT
    return Trouble.BAD_VALUE if isinstance(error, DataError) else Trouble.UNKNOWN


def seen_on_disk(trouble: Trouble) -> Trouble:
    """SQLite calls a full or read-only disk an error of the disk where its log is concerned."""
    if trouble not in (Trouble.DISK, Trouble.CANNOT_OPEN, Trouble.READ_ONLY):
        return trouble
    folder = Path(str(connection.settings_dict["NAME"])).parent
    try:
        if hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY:
            return Trouble.READ_ONLY
        if trouble is not Trouble.READ_ONLY and shutil.disk_usage(folder).free < LITTLE_ROOM:
            return Trouble.FULL
    except OSError:
        return Trouble.CANNOT_OPEN
    return trouble


def in_words(error: BaseException) -> str:
    """Say what is the matter with the database, and the remedy, in the reader's language."""
    return str(WORDS[trouble_of(error)]) % {
        "database": database_name(),
        "name": type(error).__name__,
    }


def database_name() -> str:
    """Return the database as an administrator knows it, without user and password."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(settings["NAME"])
    host = f"{settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"
    return f"{settings['NAME']} ({host})"
