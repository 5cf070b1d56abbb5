"""A PostgreSQL server of the test run's own, thrown away at its end.

`python -m tests.postgres COMMAND …` runs a command, such as pytest, with one as DATABASE_URL.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
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


class Server:
    """A server in a folder of its own, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.prefix = programs(), server_account()
        self.folder, self.data = folder, str(folder / "data")
        self.log = folder.parent / f"{folder.name}.log"
        self.port = free_port()
        # DATABASE_URL of its empty database
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        if self.prefix:
            shutil.chown(folder, "postgres")
        self.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        options = f"-p {self.port} -c unix_socket_directories={self.folder} {OPTIONS}"
        self.run("pg_ctl", "-w", "-o", options, "start")

    def stop(self) -> None:
        """As if its power was cut."""
        self.run("pg_ctl", "-w", "-m", "immediate", "stop")

    def run(self, program: str, *arguments: str) -> None:
        command = [*self.prefix, str(self.programs / program), "-D", self.data, *arguments]
        # Not captured through a pipe: the server inherits it and would hold it open.
        with self.log.open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=self.folder)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that runs, and is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="sis-postgres-"))
    try:
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


@contextmanager
def throwaway_server() -> Iterator[str]:
    """Yields the DATABASE_URL of the empty database of a server of its own."""
    with running_server() as server:
        yield server.url


def main(command: list[str]) -> int:
    """Run the command on a server of its own; return its exit status."""
    with throwaway_server() as url:
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
