"""While quickstart serves, fc6 is made ready; ending the server ends that, and loses nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sis_project import beside as module
from sis_project.beside import Running, beside

STARTED = "started"
# In place of manage.py: says that it runs, and ends at SIGTERM as an extraction does.
PROGRAM = """
import signal, sys, time
from pathlib import Path
def end(*_args):
    Path("ended").write_text(sys.argv[1])
    sys.exit(130)
signal.signal(signal.SIGTERM, end)
with open("started", "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
time.sleep(60 if "--descriptor=slow" in sys.argv else 0)
"""


@pytest.fixture
def folder(tmp_path, settings, monkeypatch) -> Path:
    (tmp_path / "manage.py").write_text(PROGRAM)
    settings.BASE_DIR = tmp_path
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 30
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, f"no {path.name}"
        time.sleep(0.02)
    return path.read_text()


def test_a_worker_runs_while_it_serves(folder, settings):
    # Catches evaluations that wait for ever on the machine of somebody who ran one command.
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    with beside(lambda: None, []):
        assert wait_for(folder / STARTED).startswith("worker --with-parent")
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    with beside(lambda: None, []):
        assert (folder / STARTED).read_text().count("worker") == 1


def test_the_weights_are_chosen_first_then_everything_is_extracted(folder):
    # Catches an extraction with the weights of before the choice.
    done = []
    running = Running(
        lambda: done.append((folder / STARTED).exists()),
        [{"collection": "sample", "descriptor": name} for name in ("one", "two")],
    )
    running.run()
    assert done == [False]
    assert (folder / STARTED).read_text().splitlines() == [
        f"extract_features --collection=sample --descriptor={name}" for name in ("one", "two")
    ]


def test_leaving_lets_the_extraction_end_and_starts_no_other(folder):
    with beside(lambda: None, [{"descriptor": "slow"}, {"descriptor": "next"}]):
        wait_for(folder / STARTED)
    assert (folder / "ended").read_text() == "extract_features"
    assert len((folder / STARTED).read_text().splitlines()) == 1


def test_a_download_does_not_keep_the_server_from_ending(folder):
    # Catches a wait for a thread that may be busy for minutes; what comes after it is not begun.
    release = threading.Event()
    with beside(lambda: release.wait(30) and None, [{"descriptor": "next"}]):
        pass
    release.set()
    time.sleep(0.2)
    assert not (folder / STARTED).exists()


def test_an_extraction_that_does_not_end_is_killed(folder, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_TO_STOP", 0.1)
    stubborn = PROGRAM.replace("signal.signal(signal.SIGTERM, end)", "").replace(
        "import signal", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); import time"
    )
    (folder / "manage.py").write_text(stubborn)
    running = Running(lambda: None, [{"descriptor": "slow"}])
    running.start()
    wait_for(folder / STARTED)
    running.stop()
    running.join(30)
    assert running.process.returncode == -signal.SIGKILL


def test_trouble_with_the_disk_is_a_sentence(folder, capsys):
    # Catches a trace of a thread in the terminal, and an extraction with weights left undecided.
    def fail():
        raise PermissionError(13, "Permission denied", "settings.env")

    Running(fail, [{"descriptor": "next"}]).run()
    assert "settings.env" in capsys.readouterr().err
    assert not (folder / STARTED).exists()


def test_other_errors_are_not_hidden(folder):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Running(fail, []).run()


def test_sigterm_ends_the_server_and_what_runs_beside_it(folder):
    # A service manager's stop must not leave an extraction behind.
    program = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import django; "
        "from django.conf import settings; from pathlib import Path; "
        "settings.configure(BASE_DIR=Path('.')); "
        "from sis_project.beside import beside\n"
        "try:\n"
        "    with beside(lambda: None, [{'descriptor': 'slow'}]):\n"
        "        time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(3)\n"
    )
    root = Path(__file__).resolve().parents[2]
    server = subprocess.Popen([sys.executable, "-c", program, str(root)], env=os.environ)
    try:
        wait_for(folder / STARTED)
        server.terminate()
        assert server.wait(30) == 3
        assert (folder / "ended").exists()
    finally:
        server.kill()
