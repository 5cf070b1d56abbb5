"""A server in a process of its own, on a system of a few pictures, and a client of it."""

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .temporary import environment, photograph

HOST = "127.0.0.1"
SERVE = """
import django, waitress
django.setup()
from django.core.management import call_command
from sis_project.serving import OPTIONS, allow_many_files
from sis_project.wsgi import application
call_command("migrate", verbosity=0)
call_command("import_images", {folder!r}, collection="few", verbosity=0)
call_command("extract_features", descriptor="colour-layout", verbosity=0)
# The form offers a choice of descriptors where there is more than one; fc6 needs no network here.
from benchmarks.temporary import fill_vectors, unit_vectors
fill_vectors(unit_vectors(3, seed=1), slug="fc6")
allow_many_files()
waitress.serve(application, listen="127.0.0.1:{port}", max_request_body_size=2**27, **OPTIONS)
"""


@dataclass
class Site:
    """A running server on this machine; `process` is its number."""

    port: int
    process: int
    cookie: str = ""
    token: str = ""
    timeout: float = 120
    field_values: dict[str, str] = field(default_factory=lambda: {"descriptor": "colour-layout"})

    def request(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=self.timeout)
        try:
            connection.request(method, path, body, {"Cookie": self.cookie, **headers})
            answer = connection.getresponse()
            answer.text = answer.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
            return answer
        finally:
            connection.close()

    def get(self, path: str) -> int:
        return self.request("GET", path).status

    def sign_in(self) -> None:
        """Take the form's token, as a browser does with the first page."""
        answer = self.request("GET", "/")
        self.cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', answer.text)  # type: ignore[attr-defined]
        self.token = found[1] if found else ""

    def upload(self, content: bytes) -> int:
        """Search with a picture; return the status of the answer."""
        limit = secrets.token_hex(16)
        disposition = f"--{limit}\r\nContent-Disposition: form-data; name="
        values = {"csrfmiddlewaretoken": self.token, **self.field_values}
        parts = [f'{disposition}"{name}"\r\n\r\n{value}\r\n' for name, value in values.items()]
        head = f'{disposition}"picture"; filename="p"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = "".join([*parts, head]).encode() + content + f"\r\n--{limit}--\r\n".encode()
        kind = f"multipart/form-data; boundary={limit}"
        return self.request("POST", "/", body, **{"Content-Type": kind}).status


@contextmanager
def running_server(**settings: str) -> Iterator[Site]:
    """Start a server as `quickstart` does, and stop it afterwards."""
    with tempfile.TemporaryDirectory(prefix="sis-benchmark-") as name:
        folder = Path(name) / "few"
        folder.mkdir()
        for number in range(3):
            (folder / f"{number}.jpg").write_bytes(photograph(number, size=(320, 240)))
        with socket.create_server((HOST, 0)) as listener:
            port = listener.getsockname()[1]
        variables = environment(Path(name)) | {"SIS_UPLOADS_PER_MINUTE": "0"} | settings
        command = [sys.executable, "-c", SERVE.format(folder=str(folder), port=port)]
        with subprocess.Popen(command, env=os.environ | variables) as process:
            try:
                site = Site(port, process.pid)
                wait_for(site)
                yield site
            finally:
                process.terminate()


def wait_for(site: Site, seconds: float = 180) -> None:
    ends = time.monotonic() + seconds
    while True:
        try:
            site.sign_in()
            return
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)
