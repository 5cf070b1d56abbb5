"""A PostgreSQL server of the test run's own, thrown away at its end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"


def programs() -> Path:
    """Return the folder of initdb and pg_ctl; skips the test where PostgreSQL is not installed."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: path.parts[-3].zfill(4),
    )
    found += [path.parent for path in reversed(versions)]
    if not found:
        missing("PostgreSQL is not installed")
    return found[0]


def missing(reason: str) -> None:
    """Skip, or fail where the run is meant to leave nothing out."""
    if os.environ.get("SIS_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and SIS_TESTS_REQUIRE_ALL is 1")
    pytest.skip(reason)


def server_account() -> list[str]:
    """The command prefix that leaves root: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        missing("PostgreSQL does not run as root, and there is no user postgres")
    return ["runuser", "-u", "postgres", "--"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fresh_database(server: str) -> str:
    """Make an empty database on a `throwaway_server`, and return its DATABASE_URL."""
    import psycopg

    name = f"fresh_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # a name of our own
    return f"{server.rsplit('/', 1)[0]}/{name}"


@contextmanager
def throwaway_server() -> Iterator[str]:
    """Start a server in a folder of its own; yields the DATABASE_URL of its empty database."""
    bin_folder, prefix = programs(), server_account()
    folder = Path(tempfile.mkdtemp(prefix="sis-postgres-"))
    if prefix:
        shutil.chown(folder, "postgres")
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(bin_folder / program), *arguments]
        # Not captured through a pipe: the server inherits it and would hold it open.
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=folder)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c unix_socket_directories={folder} {OPTIONS}"
        run("pg_ctl", "-D", data, "-w", "-o", options, "start")
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)
