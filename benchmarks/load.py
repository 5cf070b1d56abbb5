"""Many clients at once: nginx and waitress as `deploy/` has them, on an installation that exists.

    SIS_VAR_DIR=... python -m benchmarks.load [--clients 50] [--seconds 120] [--think 1.0]

Each client asks for one thing after another, and waits `--think` seconds on average between: one in
ten uploads a photograph and looks at its results; the others ask for a result page, a page of
the catalogue, thumbnails and static files. The clients use the same cores.
"""

import argparse
import http.client
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np

from .temporary import photograph

ROOT = Path(__file__).resolve().parent.parent
HOST = "images.example.org"
BACK, FRONT = 8611, 8612
# What a client asks for, and of a thousand times how often.
MIX = {"upload": 100, "result page": 150, "catalogue": 50, "thumbnail": 550, "static": 150}


class Client(threading.Thread):
    """Asks, and notes how long each answer took."""

    def __init__(
        self, number: int, known: dict[str, list[str]], until: float, think: float
    ) -> None:
        super().__init__()
        self.chance = random.Random(number)
        self.known, self.until, self.think = known, until, think
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.statuses: dict[tuple[str, int], int] = defaultdict(int)

    def run(self) -> None:
        while time.monotonic() < self.until:
            (kind,) = self.chance.choices(list(MIX), list(MIX.values()))
            began = time.monotonic()
            try:
                status = self.upload() if kind == "upload" else self.get(kind)
            except OSError:
                status = 0
            self.seconds[kind].append(time.monotonic() - began)
            self.statuses[kind, status] += 1
            time.sleep(self.chance.expovariate(1 / self.think) if self.think else 0)

    def get(self, kind: str) -> int:
        return ask("GET", self.chance.choice(self.known[kind]))[0]

    def upload(self) -> int:
        boundary = uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="pictures"; filename="a.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        picture = self.known["pictures"][self.chance.randrange(len(self.known["pictures"]))]
        body = head.encode() + picture.encode("latin-1") + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return ask("POST", "/api/search/upload/", body, {"Content-Type": kind})[0]


def ask(
    method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Return status and body."""
    with closing(http.client.HTTPConnection("127.0.0.1", FRONT, timeout=120)) as connection:
        connection.request(method, path, body, {"Host": HOST} | (headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """Run nginx before the unit's own line; both end afterwards."""
    var = Path(os.environ["SIS_VAR_DIR"])
    environment = os.environ | {
        "SIS_PRODUCTION": "1",
        "SIS_SHARED_CACHES": "1",
        "SIS_BEHIND_PROXY": "1",
        "SIS_UPLOADS_PER_MINUTE": "0",
        "SIS_LOG_REQUESTS": "0",
        "DJANGO_SECRET_KEY": uuid4().hex * 2,
        "DJANGO_ALLOWED_HOSTS": HOST,
    }
    manage = [sys.executable, "manage.py", "collectstatic", "-v0", "--noinput"]
    subprocess.run(manage, cwd=ROOT, env=environment, check=True)
    unit = (ROOT / "deploy/systemd/sis-web.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    arguments = [one.replace("127.0.0.1:8000", f"127.0.0.1:{BACK}") for one in shlex.split(line)]
    program = str(Path(sys.executable).with_name(Path(arguments[0]).name))
    text = (ROOT / "deploy/nginx.conf").read_text()
    for ours, here in (
        ("127.0.0.1:8000", f"127.0.0.1:{BACK}"),
        ("listen 80;", f"listen 127.0.0.1:{FRONT};"),
        ("/srv/sis/var", str(var)),
        ("/var/cache/sis-nginx", str(folder / "cache")),
        ("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https"),
    ):
        text = text.replace(ours, here)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} pid {folder}/pid; error_log {folder}/error.log; daemon off;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{ include /etc/nginx/mime.types; access_log off;\n{paths}{text}\n}}\n"
    )
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    running = [
        subprocess.Popen([program, *arguments[1:]], cwd=ROOT, env=environment),
        subprocess.Popen([nginx, "-c", str(folder / "nginx.conf")]),
    ]
    try:
        wait_until_ready()
        yield
    finally:
        for process in running:
            process.terminate()
            process.wait()


def wait_until_ready() -> None:
    for _attempt in range(600):
        try:
            if ask("GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("the server was not ready within two minutes")


def addresses() -> dict[str, list[str]]:
    """Return what there is to ask for, by kind."""
    page = ask("GET", "/images/")[1].decode()
    images = sorted(set(re.findall(r"/images/(\d+)/thumbnail", page)), key=int)
    thumbnails = sorted(set(re.findall(r"/images/\d+/thumbnail/\w+/\?v=\w+", page)))
    for path in thumbnails:
        ask("GET", path)  # made once, as for the visitor before
    return {
        "result page": [f"/images/{pk}/similar/?geometry=off" for pk in images],
        "catalogue": ["/images/", "/images/?page=2", "/"],
        "thumbnail": thumbnails,
        "static": sorted(set(re.findall(r"/static/[\w./-]+\.(?:css|js|svg)", page))),
        "pictures": [photograph(seed).decode("latin-1") for seed in range(8)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--think", type=float, default=1.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)):
        known = addresses()
        until = time.monotonic() + options.seconds
        clients = [Client(n, known, until, options.think) for n in range(options.clients)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    show(clients, options.seconds)


def show(clients: list[Client], lasted: float) -> None:
    for kind in MIX:
        taken = np.array([second for client in clients for second in client.seconds[kind]])
        statuses: dict[int, int] = defaultdict(int)
        for client in clients:
            for (asked, status), number in client.statuses.items():
                if asked == kind:
                    statuses[status] += number
        middle, most, nearly_all = np.percentile(taken, [50, 95, 99])
        print(
            f"{kind:12} {len(taken) / lasted:6.1f}/s  median {middle:.3f} s  p95 {most:.3f}"
            f"  p99 {nearly_all:.3f}  longest {taken.max():.3f}  {json.dumps(statuses)}"
        )


if __name__ == "__main__":
    main()
