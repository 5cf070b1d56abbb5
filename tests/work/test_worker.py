"""Real workers: they do what waits, put it back when asked to end, and leave traces when killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

TASKS = "django_tasks_db.DatabaseBackend"
# A kind that lasts as long as its argument says, a hundredth of a second a step.
PROGRAM = """
import sys, time, django
django.setup()
from django.core.management import call_command
from work.kinds import Interrupted, Kind, add_kind

def count(arguments, progress):
    for number in range(arguments["number"]):
        if progress.should_stop():
            raise Interrupted
        time.sleep(0.01)
        progress.note(number, arguments["number"])
    return {"counted": arguments["number"]}

add_kind(Kind(name="count", title=str, run=count))
"""
ASK = (
    PROGRAM
    + """
from work.asking import ask_for
ask_for(kind="count", arguments={"number": int(sys.argv[1])})
"""
)
WORK = PROGRAM + "call_command('worker', *sys.argv[1:])"


class Place:
    """A database of its own, and processes that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "SIS_VAR_DIR": str(folder),
            "SIS_WEIGHTS": "untrained",
            "SIS_TASKS_BACKEND": TASKS,
            "DJANGO_SETTINGS_MODULE": "sis_project.settings",
            "PYTHONPATH": str(settings.BASE_DIR),
        }
        self.environment.pop("DATABASE_URL", None)
        self.run(
            "from django.core.management import call_command\nimport django\ndjango.setup()\n"
            "call_command('migrate', verbosity=0)"
        )

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-c", program, *arguments], env=self.environment, check=True
        )

    def worker_of_a_killed_parent(self) -> None:
        """Start a worker by a process that is killed when the worker works."""
        program = "import subprocess, sys, time\n" + (
            "subprocess.Popen([sys.executable, '-c', sys.argv[1], '--with-parent'])\ntime.sleep(60)"
        )
        parent = subprocess.Popen([sys.executable, "-c", program, WORK], env=self.environment)
        wait_until(lambda: self.state()[1] > 0)
        parent.kill()
        parent.wait()

    def worker(self) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-c", WORK], env=self.environment)

    def state(self) -> tuple[str, int]:
        """Return the newest job's state, and how far it is."""
        with closing(sqlite3.connect(self.folder / "db.sqlite3", timeout=30)) as database:
            asked = "SELECT state, done FROM work_job ORDER BY id DESC LIMIT 1"
            return database.execute(asked).fetchone()


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It did not come about."
        time.sleep(0.1)


def test_a_worker_does_what_waits(place):
    place.run(ASK, "3")
    assert place.state() == ("queued", 0)
    place.run(WORK, "--until-empty")
    assert place.state()[0] == "done"


def test_a_worker_that_is_asked_to_end_leaves_its_job_to_the_next(place):
    # Catches work that is lost, or a server that waits an hour before it is restarted.
    place.run(ASK, "100000")
    process = place.worker()
    wait_until(lambda: place.state()[1] > 0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert place.state()[0] == "queued"
    process = place.worker()
    wait_until(lambda: place.state()[0] == "running")
    process.kill()
    process.wait()


def test_what_a_killed_worker_did_is_found_and_called_stopped(place):
    # Catches a bar that stands still for ever.
    place.run(ASK, "100000")
    process = place.worker()
    wait_until(lambda: place.state()[1] > 0)
    process.kill()
    process.wait()
    assert place.state()[0] == "running"
    other = place.worker()
    try:
        wait_until(lambda: place.state()[0] == "stopped")
    finally:
        other.send_signal(signal.SIGTERM)
        assert other.wait(20) == 0


def test_a_worker_ends_with_the_process_that_started_it(place):
    # Catches workers that pile up, one for each quickstart that was killed.
    place.run(ASK, "100000")
    place.worker_of_a_killed_parent()
    wait_until(lambda: place.state()[0] == "queued", 30)
