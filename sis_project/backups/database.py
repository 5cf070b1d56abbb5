"""The database: copied as of one moment while others write, and put back into an empty one."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from .folder import BackupError

SUFFIX = {"sqlite": ".sqlite3", "postgresql": ".dump"}


def engine() -> str:
    """Return the kind of database; raises `BackupError` for one that has its own tools."""
    if connection.vendor not in SUFFIX:
        text = _("Backups are made of SQLite and PostgreSQL; this is %(vendor)s.")
        raise BackupError(text % {"vendor": connection.vendor})
    return connection.vendor


def is_empty() -> bool:
    """Whether the database has no tables at all."""
    return not connection.introspection.table_names()


def copy_database(target: Path) -> None:
    """Write a copy of the database, as it is at one moment, to a file that is not there."""
    if engine() == "sqlite":
        # SQLite's online backup, of all pages at once: readers and the writer go on.
        with (
            closing(sqlite3.connect(sqlite_path())) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            # A file of its own, without a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
        return
    run_postgres("pg_dump", "--format=custom", f"--file={target}")


def restore_database(source: Path) -> None:
    """Fill the empty database from a copy. Raises `BackupError` where it cannot."""
    if engine() == "sqlite":
        connection.close()
        path = Path(sqlite_path())
        path.parent.mkdir(parents=True, exist_ok=True)
        # In its place as a whole: a killed restore leaves the empty one.
        fresh = path.with_name(f".{path.name}-restoring")
        shutil.copyfile(source, fresh)
        for log in ("-wal", "-shm"):
            path.with_name(path.name + log).unlink(missing_ok=True)
        fresh.replace(path)
        return
    run_postgres(
        *("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"),
        *("--single-transaction", "--dbname", str(connection.settings_dict["NAME"])),
        source=source,
    )


def sqlite_path() -> str:
    return str(connection.settings_dict["NAME"])


def run_postgres(program: str, *arguments: str, source: Path | None = None) -> None:
    """Run one of PostgreSQL's programs on this database."""
    # As `manage.py dbshell` reaches it: host, port, user, the password in the environment; the
    # database's name comes last.
    client, more = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    reached = client[1:-1] if source else client[1:]
    command = [postgres_program(program), *arguments, *reached]
    command += [str(source)] if source else []
    done = subprocess.run(  # noqa: S603 (a program of PostgreSQL's, and our own settings)
        command, env=os.environ | (more or {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [str(done.returncode)]
        text = _("%(program)s failed: %(said)s")
        raise BackupError(text % {"program": program, "said": said[-1]})


def postgres_program(name: str) -> str:
    """Return the path of the newest of PostgreSQL's programs of this name."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: path.parts[-3].zfill(4)
    )
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        text = _("%(name)s is not installed: install PostgreSQL's client programs.")
        raise BackupError(text % {"name": name})
    return found
