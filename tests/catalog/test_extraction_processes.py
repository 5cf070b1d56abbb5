"""The real command in real processes, with the real network on untrained weights.

Killed, interrupted and doubled runs: what is stored must be whole, and a later run must finish.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from catalog.vectors import decode

pytestmark = pytest.mark.slow

PROJECT = settings.BASE_DIR
PICTURES = 24
PATIENCE = 300  # seconds; only a hang takes that long
FILL = f"""
import django
django.setup()
from catalog.models import Collection
from tests.helpers import add_image
places = Collection.objects.create(slug="places")
for number in range({PICTURES}):
    add_image(places, f"picture{{number}}")
"""


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {
        "SIS_VAR_DIR": str(folder),
        "SIS_WEIGHTS": "untrained",
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
        "PYTHONUNBUFFERED": "1",
    }


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def extraction(folder: Path) -> subprocess.Popen:
    return start(folder, "manage.py", "extract_features", "--batch-size=2")


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    for arguments in (["manage.py", "migrate", "--verbosity=0"], ["-c", FILL]):
        status, _out, err = finish(start(folder, *arguments))
        assert status == 0, err
    return folder


@pytest.fixture
def folder(filled, tmp_path) -> Path:
    """A copy of a database file with pictures that have no vectors yet."""
    return shutil.copytree(filled, tmp_path / "var")


def stored(folder: Path) -> dict[str, tuple[bytes, str]]:
    """The vectors in the database file, and when each was extracted, by the image's name."""
    connection = sqlite3.connect(folder / "db.sqlite3", timeout=60)
    try:
        rows = connection.execute(
            "SELECT name, fc6, fc6_extracted_at FROM catalog_image WHERE fc6 IS NOT NULL"
        ).fetchall()
    finally:
        connection.close()
    return {name: (vector, extracted_at) for name, vector, extracted_at in rows}


def wait_for(process: subprocess.Popen, reached: Callable[[], bool]) -> None:
    """Return once `reached()`; fails where the process ends before."""
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no progress"
        time.sleep(0.01)


def all_whole(vectors: dict[str, tuple[bytes, str]]) -> bool:
    return all(abs(decode(vector, 4096)).sum() > 0 for vector, _when in vectors.values())


def test_a_killed_run_is_resumed_where_it_was(folder):
    # Catches vectors kept in memory until the end, half-written rows, and work done twice.
    process = extraction(folder)
    wait_for(process, lambda: len(stored(folder)) >= 2)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    survived = stored(folder)
    assert 2 <= len(survived) < PICTURES
    assert all_whole(survived)

    status, out, err = finish(extraction(folder))
    assert status == 0, err
    assert f"{PICTURES - len(survived)} extracted, 0 failed" in out
    complete = stored(folder)
    assert len(complete) == PICTURES
    assert all_whole(complete)
    assert {name: complete[name] for name in survived} == survived


def test_an_interrupt_finishes_the_batch_and_gives_status_130(folder):
    # Catches a traceback, a torn batch, and an exit status that a script takes for success.
    process = extraction(folder)
    wait_for(process, lambda: len(stored(folder)) >= 2)
    process.send_signal(signal.SIGINT)
    status, out, err = finish(process)
    assert status == 130, err
    assert "Traceback" not in err
    assert "run the command again" in err
    vectors = stored(folder)
    assert 2 <= len(vectors) < PICTURES
    assert len(vectors) % 2 == 0  # whole batches of two
    assert f"{len(vectors)} extracted" in out


def test_two_processes_share_the_work_and_lose_nothing(folder):
    # Catches "database is locked", a run that overwrites the other's rows, and rows left out.
    processes = [extraction(folder), extraction(folder)]
    for status, _out, err in [finish(process) for process in processes]:
        assert status == 0, err
    vectors = stored(folder)
    assert len(vectors) == PICTURES
    assert all_whole(vectors)
    assert len({vector for vector, _when in vectors.values()}) == PICTURES


def test_a_refused_command_exits_with_status_1_and_one_message(folder):
    process = start(folder, "manage.py", "extract_features", "--weights=/does/not/exist.h5")
    status, out, err = finish(process)
    assert (status, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert "/does/not/exist.h5" in err
    assert stored(folder) == {}
