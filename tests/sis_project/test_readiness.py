"""Whether a process answers, and whether it can search at once."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from django.conf import settings as project
from django.core.files.storage import default_storage
from django.db import OperationalError, connection

from catalog.descriptors import DescriptorError
from sis_project import readiness
from sis_project.readiness import READY, UNDER_WAY, Warmth, warmth
from tests.pages import use_stand_in
from tests.postgres import free_port


@pytest.fixture(autouse=True)
def cold(monkeypatch):
    monkeypatch.setattr(warmth, "parts", {})


def test_a_process_answers_whatever_is_broken(client, settings):
    # Catches a probe that needs a name of a host, or a database.
    settings.ALLOWED_HOSTS = ["images.example.org"]
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"
    assert client.head("/healthz").content == b""
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_ready_is_what_is_there_and_loaded(client, monkeypatch):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    monkeypatch.setattr(warmth, "parts", {"network": UNDER_WAY, "matrix": READY})
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["network"] == UNDER_WAY


@pytest.mark.django_db
def test_what_is_away_is_named_and_nothing_else_is_told(client, monkeypatch):
    # Catches a password in an address that anybody may ask for.
    def away(*_args):
        raise OperationalError("password of sis@10.0.0.9 is hunter2")

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(default_storage, "exists", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "OperationalError", "storage": "OperationalError"}
    assert b"hunter2" not in answer.content


@pytest.fixture
def warm(monkeypatch) -> Warmth:
    """Loads in this thread, whose connection stays."""
    monkeypatch.setattr(connection, "close", lambda: None)
    use_stand_in(monkeypatch)
    made = Warmth()
    made.parts = {"network": UNDER_WAY, "matrix": UNDER_WAY}
    return made


@pytest.mark.django_db
def test_a_server_without_pictures_is_ready_to_be_filled(warm):
    # Catches a new server that a balancer never lets anybody reach.
    warm.load()
    assert warm.parts == {"network": READY, "matrix": READY}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "state"),
    [(DescriptorError("Put the weights there."), READY), (MemoryError(), "MemoryError")],
)
def test_weights_that_are_not_there_are_for_the_pages_to_say(warm, monkeypatch, error, state):
    # Catches a server without ImageNet's weights that is never let go, and one that cannot search.
    def fail(recipe):
        raise error

    monkeypatch.setattr(readiness, "load_network", fail)
    warm.load()
    assert warm.parts["network"] == state


def test_loading_goes_on_beside_the_pages(monkeypatch):
    done = threading.Event()
    monkeypatch.setattr(Warmth, "load", lambda self: done.set())
    made = Warmth()
    made.start()
    assert made.parts == {"network": UNDER_WAY, "matrix": UNDER_WAY}
    assert done.wait(5)


@pytest.mark.slow
def test_a_server_is_ready_when_network_and_matrix_are_loaded(tmp_path):
    # Catches "ready" before the first search would be quick.
    environment = os.environ | {
        "SIS_VAR_DIR": str(tmp_path),
        "SIS_WEIGHTS": "untrained",
        "SIS_WARM_START": "1",
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
    }
    run = {"cwd": project.BASE_DIR, "env": environment}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, **run)
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "waitress",
            f"--listen=127.0.0.1:{port}",
            "sis_project.wsgi:application",
        ],
        stderr=subprocess.DEVNULL,
        **run,
    )
    try:
        answers = []
        for _attempt in range(600):
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as asking:
                    asking.request("GET", "/readyz")
                    answer = asking.getresponse()
                    answers.append((answer.status, json.loads(answer.read())["parts"]))
            except OSError:
                pass
            if answers and answers[-1][0] == 200:
                break
            time.sleep(0.05)
        assert answers[0][0] == 503
        assert answers[0][1]["network"] == UNDER_WAY
        assert answers[-1][1] == dict.fromkeys(("database", "storage", "network", "matrix"), READY)
    finally:
        server.kill()
        server.wait()
