"""Below a path prefix: every address of every page leads on, whatever the proxy does with it."""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured

from sis_project.environment import path_prefix
from tests.postgres import free_port

PREFIX = "/pictures/sis"
ADDRESS = re.compile(r"""(?:href|src|action|hx-get)="(/[^"]*)""")


@pytest.mark.parametrize(
    ("value", "prefix"), [("", ""), ("/", ""), ("/a", "/a"), ("/a/b/", "/a/b")]
)
def test_a_prefix_is_read(value, prefix):
    assert path_prefix(value) == prefix


@pytest.mark.parametrize("value", ["a", "//", "/a//b", "/a b", "/ả", "https://host/a", "/a?b"])
def test_what_no_address_begins_with_is_refused(value):
    # Catches a prefix that no proxy can send, and that is found out page by page.
    if value == "//":
        assert path_prefix(value) == ""
        return
    with pytest.raises(ImproperlyConfigured, match="SIS_PATH_PREFIX"):
        path_prefix(value)


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    environment = os.environ | {
        "SIS_VAR_DIR": str(tmp_path),
        "SIS_WEIGHTS": "untrained",
        "SIS_PATH_PREFIX": PREFIX,
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
    }
    root = Path(project.BASE_DIR)
    for arguments in (["migrate", "-v0"], ["shell", "-v0", "-c", MADE]):
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, check=True, cwd=root, env=environment)
    number = free_port()
    serve = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{number}"]
    server = subprocess.Popen(
        [*serve, "sis_project.wsgi:application"],
        cwd=root,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _attempt in range(240):
            try:
                get(number, "/robots.txt")
                break
            except OSError:
                time.sleep(0.25)
        yield number
    finally:
        server.kill()
        server.wait()


MADE = (
    "from catalog.models import Collection; from tests.helpers import add_image; "
    "add_image(Collection.objects.create(slug='mine'), 'one')"
)


def get(port: int, path: str, **headers: str) -> tuple[int, str, str]:
    """Return status, where it redirects to, and the body as text."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        return answer.status, answer.getheader("Location") or "", body


@pytest.mark.slow
def test_all_addresses_lead_on_below_the_prefix(port):
    # Catches style sheets that are 404, forms that are sent to another site, cookies for it.
    pages = ["/", "/images/", "/images/1/", "/evaluation/", "/login/", "/api/docs", "/nowhere/"]
    found = set()
    for page in pages:
        for path in (page, f"{PREFIX}{page}"):
            status, _location, body = get(port, path)
            assert status == (404 if page == "/nowhere/" else 200), path
            found |= set(ADDRESS.findall(body))
    assert len(found) > 20
    assert {address for address in found if not address.startswith(f"{PREFIX}/")} == set()
    wrong = {
        address: status
        for address in found
        if (status := get(port, address.replace("&amp;", "&"))[0]) not in (200, 302, 404, 405)
        or (status == 404 and "/static/" in address)
    }
    assert wrong == {}
    status, location, _body = get(port, f"{PREFIX}/admin/")
    assert (status, location) == (302, f"{PREFIX}/admin/login/?next={PREFIX}/admin/")
    assert get(port, PREFIX)[0] == 200


@pytest.mark.slow
def test_the_way_back_is_found_below_the_prefix(port):
    host = f"127.0.0.1:{port}"
    came_from = {"Referer": f"http://{host}{PREFIX}/images/?name=o"}
    _status, _location, body = get(port, f"{PREFIX}/images/1/", **came_from)
    assert f'href="{PREFIX}/images/?name=o#image-1"' in body
