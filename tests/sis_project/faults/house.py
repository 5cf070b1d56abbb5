"""An installation of its own, with real processes: pages, commands, workers."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings as project

from tests.helpers import encoded, picture
from tests.postgres import free_port

ROOT = Path(project.BASE_DIR)
# Needs no network: processes start in a second.
RECIPE = "colour-layout"


class House:
    """Where an installation lives, and how its programs are started."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.var = folder, folder / "var"
        self.var.mkdir(exist_ok=True)
        self.environment = os.environ | {
            "SIS_VAR_DIR": str(self.var),
            "SIS_WEIGHTS": "untrained",
            "SIS_RECIPE": RECIPE,
            "SIS_UPLOADS_PER_MINUTE": "0",
            "DJANGO_SETTINGS_MODULE": "sis_project.settings",
        }
        self.environment.pop("DATABASE_URL", None)
        self.environment |= environment

    def started(self, *arguments: str) -> subprocess.Popen:
        """Start `manage.py` with these arguments; its output goes to `log`."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def manage(self, *arguments: str) -> None:
        """Do a command, which must succeed."""
        assert self.started(*arguments).wait(300) == 0, self.log.read_text()[-2000:]

    def asked(self, program: str) -> str:
        """Return what a program prints that knows the models."""
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", program],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def pictures(self, count: int, first: int = 0) -> Path:
        """Write pictures that differ; return their folder."""
        folder = self.folder / "pictures"
        folder.mkdir(exist_ok=True)
        for number in range(first, first + count):
            (folder / f"{number:05}.jpg").write_bytes(photo(number))
        return folder

    def furnish(self, count: int) -> None:
        """Migrate, and fill a collection with pictures that can be searched."""
        self.manage("migrate", "-v0")
        folder = self.pictures(count)
        self.manage("import_images", str(folder), "--collection", "mine")
        self.manage("extract_features", "--descriptor", RECIPE)

    @contextmanager
    def served(self, *options: str) -> Iterator["Pages"]:
        """Serve the pages, as README says."""
        port = free_port()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}"),
                    *(options or ("--threads=8",)),
                    "sis_project.wsgi:application",
                ],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        try:
            pages = Pages(port, process)
            pages.wait_until(200, "/healthz")
            yield pages
        finally:
            process.kill()
            process.wait()


class Pages:
    """Asks a server for pages."""

    def __init__(self, port: int, process: subprocess.Popen) -> None:
        self.port, self.process = port, process

    def asked(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()

    def get(self, path: str) -> int:
        return self.asked("GET", path)[0]

    def search(self, picture: bytes) -> tuple[int, dict[str, Any]]:
        """Search with a picture, as a program does; return status and answer."""
        body, kind = form(picture)
        status, _headers, told = self.asked("POST", "/api/search/upload/", body, Content_Type=kind)
        return status, json.loads(told)

    def wait_until(self, status: int, path: str, seconds: float = 60) -> float:
        """Ask until the page has this status; return how many seconds that took."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            try:
                if self.get(path) == status:
                    return time.monotonic() - begun
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{path} did not answer {status} within {seconds} s")


def form(picture: bytes) -> tuple[bytes, str]:
    """Return the body of a form with a picture, and its type."""
    name = uuid4().hex
    head = (
        f'--{name}\r\nContent-Disposition: form-data; name="pictures"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode() + picture + f"\r\n--{name}--\r\n".encode(), (
        f"multipart/form-data; boundary={name}"
    )


def photo(number: int) -> bytes:
    return encoded(picture(number, size=(160, 120)))
