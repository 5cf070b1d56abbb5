"""Started from another folder, on code that nobody may write, and asked by IPv6."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as project

from tests.helpers import encoded, picture
from tests.postgres import free_port

pytestmark = pytest.mark.slow

ROOT = Path(project.BASE_DIR)


@pytest.fixture
def read_only(tmp_path) -> Iterator[Path]:
    """The project where nothing can be written, not even by an administrator."""
    there = tmp_path / "code"
    there.mkdir()
    try:
        subprocess.run(["mount", "--bind", str(ROOT), str(there)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(there)], check=True)
        with pytest.raises(OSError):
            (there / "written").touch()
        yield there
    finally:
        subprocess.run(["umount", "-l", str(there)], check=True)


def environment(tmp_path: Path) -> dict[str, str]:
    made = os.environ | {
        "SIS_VAR_DIR": str(tmp_path / "var"),
        "SIS_WEIGHTS": "untrained",
        "SIS_RECIPE": "colour-layout",
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
    }
    made.pop("DATABASE_URL", None)
    return made


def test_from_another_folder_on_code_that_is_read_only_by_ipv6(read_only, tmp_path):
    # Catches a path that is taken from the working directory, and a file beside the code.
    elsewhere, pictures = tmp_path / "elsewhere", tmp_path / "pictures"
    elsewhere.mkdir()
    pictures.mkdir()
    for number in range(3):
        (pictures / f"{number}.jpg").write_bytes(encoded(picture(number)))
    run = {"cwd": elsewhere, "env": environment(tmp_path)}
    for arguments in (
        ["check"],
        ["migrate", "-v0"],
        ["import_images", "../pictures", "--collection", "mine"],
        ["extract_features", "--descriptor", "colour-layout"],
        ["collectstatic", "-v0", "--noinput"],
        ["search_images", "../pictures/1.jpg", "--recipe", "colour-layout"],
    ):
        command = [sys.executable, str(read_only / "manage.py"), *arguments]
        done = subprocess.run(command, **run, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert " 1 " in done.stdout
    assert list(elsewhere.iterdir()) == []
    port = free_port()
    served = run["env"] | {"PYTHONPATH": str(read_only)}
    listen = [f"--listen=[::1]:{port}", "sis_project.wsgi:application"]
    command = [sys.executable, "-m", "waitress", *listen]
    server = subprocess.Popen(command, cwd=elsewhere, env=served)
    try:
        for path in ("/healthz", "/", "/images/1/similar/", "/images/1/thumbnail/grid/"):
            assert asked(port, path) == 200, path
    finally:
        server.kill()
        server.wait()


def asked(port: int, path: str) -> int:
    """Return the status of a page, once somebody answers at the IPv6 address."""
    for _attempt in range(200):
        try:
            with closing(http.client.HTTPConnection("::1", port, timeout=30)) as connection:
                connection.request("GET", path, headers={"Host": f"[::1]:{port}"})
                return connection.getresponse().status
        except (ConnectionError, socket.gaierror, OSError):
            time.sleep(0.1)
    raise AssertionError("nobody answers")
