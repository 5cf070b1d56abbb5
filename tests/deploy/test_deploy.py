"""What `deploy/` offers is run as it stands: nginx with its configuration, the units' commands."""

import http.client
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as project

from tests.postgres import free_port, missing
from tests.sis_project.test_serving import as_arguments

ROOT = Path(project.BASE_DIR)
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
MADE = (
    "from catalog.models import Collection; from tests.helpers import add_image; "
    "add_image(Collection.objects.create(slug='mine'), 'one')"
)


def started(unit: Path) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.M)
    return shlex.split(line)


def production(folder: Path) -> dict[str, str]:
    return os.environ | {
        "SIS_VAR_DIR": str(folder),
        "SIS_WEIGHTS": "untrained",
        "SIS_PRODUCTION": "1",
        "SIS_SHARED_CACHES": "1",
        "SIS_WARM_START": "0",
        "SIS_BEHIND_PROXY": "1",
        "DJANGO_SECRET_KEY": "test-only-" + "x" * 50,
        "DJANGO_ALLOWED_HOSTS": "images.example.org",
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
    }


@pytest.fixture
def prepared(tmp_path) -> dict[str, str]:
    """The environment of an installation with a picture and collected static files."""
    (tmp_path / "var").mkdir()
    environment = production(tmp_path / "var")
    for arguments in (
        ["migrate", "-v0"],
        ["collectstatic", "-v0", "--noinput"],
        ["shell", "-v0", "-c", MADE],
    ):
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return environment


def test_the_unit_starts_the_server_as_readme_does():
    # Catches numbers that were measured for README's line and forgotten here.
    (web,) = [unit for unit in UNITS if "web" in unit.name]
    assert set(as_arguments()) <= set(started(web))
    assert started(web)[-1] == "sis_project.wsgi:application"
    # A process that holds the connections needs files for them.
    (limit,) = re.findall(r"^LimitNOFILE=(\d+)$", web.read_text(), re.M)
    (most,) = (int(one.split("=")[1]) for one in as_arguments() if "connection-limit" in one)
    assert int(limit) > 2 * most


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_runs(unit, prepared):
    # Catches a command that a release renamed.
    program, *arguments = started(unit)
    program = {"python": sys.executable}.get(
        Path(program).name, str(Path(sys.executable).with_name(Path(program).name))
    )
    port = free_port()
    arguments = [one.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for one in arguments]
    process = subprocess.Popen(
        [program, *arguments],
        cwd=ROOT,
        env=prepared,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        if "oneshot" in unit.read_text():
            assert process.wait(60) == 0
        elif "worker" in unit.name:
            assert process.stdout is not None
            assert "Waiting for work" in process.stdout.readline()
        else:
            assert answered(port, "/healthz")[0] == 200
    finally:
        process.terminate()
        process.wait(30)


def answered(port: int, path: str, attempts: int = 240, **headers: str) -> tuple[int, dict, bytes]:
    """Return status, headers and body, once somebody answers."""
    for _attempt in range(attempts):
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"nobody answers at {port}")


@pytest.fixture
def front(prepared, tmp_path) -> Iterator[tuple[int, subprocess.Popen]]:
    """nginx with our configuration before a server; the ports and folders are the test's."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        missing("nginx is not installed")
    assert nginx
    back, port = free_port(), free_port()
    text = (DEPLOY / "nginx.conf").read_text()
    for ours, test in (
        ("127.0.0.1:8000", f"127.0.0.1:{back}"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("/srv/sis/var", prepared["SIS_VAR_DIR"]),
        ("/var/cache/sis-nginx", str(tmp_path / "cache")),
        # TLS ends here, where this test has none.
        ("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https"),
    ):
        assert ours in text
        text = text.replace(ours, test)
    whole = (
        f"user root; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; daemon off;\n"
        "events {}\nhttp { include /etc/nginx/mime.types; access_log off;\n"
        f"client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;\n"
        f"fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u;\n"
        f"scgi_temp_path {tmp_path}/s;\n"
        f"{text}\n}}\n"
    )
    if os.geteuid() != 0:
        whole = whole.replace("user root;", "")
    (tmp_path / "nginx.conf").write_text(whole)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{back}", "--url-scheme=https"),
            "--trusted-proxy=127.0.0.1",
            "--trusted-proxy-headers=x-forwarded-for x-forwarded-proto",
            "sis_project.wsgi:application",
        ],
        cwd=ROOT,
        env=prepared,
        stderr=subprocess.DEVNULL,
    )
    proxy = subprocess.Popen([nginx, "-c", str(tmp_path / "nginx.conf")])
    try:
        answered(back, "/healthz")
        yield port, server
    finally:
        for process in (proxy, server):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_static_files_and_thumbnails_need_no_python(front):
    # Catches pictures that wait behind uploads, and style sheets that are sent as text only.
    port, server = front
    host = {"Host": "images.example.org"}
    status, _headers, body = answered(port, "/images/", **host)
    assert status == 200
    page = body.decode()
    style = re.search(r"/static/sis/style\.[0-9a-f]+\.css", page)
    thumbnail = re.search(r"/images/1/thumbnail/card/\?v=[0-9a-f]+", page)
    assert style and thumbnail
    assert answered(port, thumbnail[0], **host)[1]["X-Cache"] == "MISS"
    server.kill()
    server.wait()
    status, headers, _body = answered(port, style[0], **host | {"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in headers["Cache-Control"]
    status, headers, body = answered(port, thumbnail[0], **host)
    assert (status, headers["X-Cache"], headers["Content-Type"]) == (200, "HIT", "image/webp")
    assert body[:4] == b"RIFF"
    assert answered(port, "/images/", **host)[0] == 502


@pytest.mark.slow
def test_what_is_too_large_is_refused_before_it_is_read(front):
    port, _server = front
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.putrequest("POST", "/", skip_host=True)
        connection.putheader("Host", "images.example.org")
        connection.putheader("Content-Length", str(10**9))
        connection.endheaders()
        assert connection.getresponse().status == 413
