"""The server as README starts it: many connections that say nothing, and one who asks."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from django.conf import settings as project

from sis_project import serving
from tests.postgres import free_port

README = [Path(project.BASE_DIR) / name for name in ("README.md", "README.vi.md")]
SOFT_LIMIT = 1024  # what systems give a process that asks for nothing
# What a connection sends before it falls silent.
SILENT = {
    "nothing": b"",
    "half a request": b"GET / HTTP/1.1\r\nHost: loc",
    "a body that never comes": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nx",
}


def as_arguments() -> list[str]:
    """The options of waitress as its program takes them."""
    named = {f"--{name.replace('_', '-')}": value for name, value in serving.OPTIONS.items()}
    return [name if value is True else f"{name}={value}" for name, value in named.items()]


@pytest.mark.parametrize("readme", README, ids=lambda path: path.name)
def test_readme_starts_the_server_with_these_numbers(readme):
    # Catches numbers that were measured for one way to start and forgotten for the other.
    (line,) = re.findall(r"^waitress-serve .*?application$", readme.read_text(), re.M | re.S)
    assert set(as_arguments()) <= set(line.replace("\\\n", " ").split())


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    """A server of README's line, with the usual limit of open files."""
    environment = os.environ | {
        "SIS_VAR_DIR": str(tmp_path),
        "SIS_WEIGHTS": "untrained",
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
    }
    root = project.BASE_DIR
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, check=True, cwd=root, env=environment)
    number = free_port()
    program = (
        "import resource; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({SOFT_LIMIT}, hard)); "
        "from waitress.runner import run; run()"
    )
    arguments = [f"--listen=127.0.0.1:{number}", *as_arguments()]
    server = subprocess.Popen(
        [sys.executable, "-c", program, *arguments, "sis_project.wsgi:application"],
        stderr=subprocess.DEVNULL,
        cwd=root,
        env=environment,
    )
    try:
        for _attempt in range(240):
            with ExitStack() as stack:
                try:
                    stack.enter_context(socket.create_connection(("127.0.0.1", number)))
                    break
                except OSError:
                    time.sleep(0.25)
        yield number
    finally:
        server.kill()
        server.wait()


def ask(port: int, path: str) -> float:
    """Return how many seconds a whole answer takes on a connection of its own."""
    start = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    return time.monotonic() - start


@pytest.mark.slow
def test_a_thousand_silent_connections_keep_nobody_waiting(port):
    # Catches a server that stops at 100 connections, or at 1024 files.
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * serving.OPTIONS["connection_limit"]:
        pytest.skip(f"this machine allows a process {hard} open files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    ask(port, "/")
    with ExitStack() as stack:
        for number in range(1000):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            silent.sendall(list(SILENT.values())[number % len(SILENT)])
        ask(port, "/")  # comes after all of them, and so waits until they are let in
        slowest = max(ask(port, path) for path in ("/", "/images/", "/evaluation/", "/"))
    assert slowest < 1


@pytest.mark.slow
def test_head_sends_no_body(port):
    # Catches a body after HEAD, in which the next answer on the connection is looked for.
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        for path in ("/", "/images/", "/robots.txt", "/favicon.ico", "/nowhere/"):
            found = []
            for method in ("HEAD", "GET"):
                connection.request(method, path)
                answer = connection.getresponse()
                content = answer.read()
                found.append((answer.status, answer.getheader("Content-Length")))
                assert len(content) == (0 if method == "HEAD" else int(found[-1][1]))
            assert found[0] == found[1], path


def test_a_process_may_open_more_files_than_it_is_given(tmp_path):
    # Catches a limit of 1024 files under a limit of 2000 connections.
    program = (
        "import resource; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({SOFT_LIMIT}, hard)); "
        "from sis_project.serving import allow_many_files; allow_many_files(); "
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    soft, hard = map(int, done.stdout.split())
    assert soft == min(serving.FILES, hard)
