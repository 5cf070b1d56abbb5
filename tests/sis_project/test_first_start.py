"""Two processes that start for the first time at once: one key, and a database for both."""

import os
import stat
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sis_project.environment import local_secret_key

pytestmark = pytest.mark.slow

# Each process waits for the same moment, many times over, and prints what it got.
KEYS = """
import os, sys, time
from pathlib import Path
from sis_project.environment import local_secret_key
folder, start, rounds, links = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if links == "no links":
    def refuse(*_args):
        raise PermissionError("no links here")
    os.link = refuse
for number in range(rounds):
    while time.time() < start + number * 0.02:
        pass
    print(local_secret_key(folder / str(number) / "secret_key"))
"""

CONNECT = """
import sys, time
import django
django.setup()
from django.db import connection
start = time.time() + 4
open(sys.argv[2], "a").write(f"{start}\\n")
time.sleep(2)
start = max(map(float, open(sys.argv[2])))
for number in range(int(sys.argv[3])):
    connection.close()
    connection.settings_dict["NAME"] = f"{sys.argv[1]}/{number}.sqlite3"
    while time.time() < start + number * 0.06:
        time.sleep(0.0005)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS seen (process integer)")
        cursor.execute("INSERT INTO seen VALUES (1)")
        print(cursor.execute("PRAGMA journal_mode").fetchone()[0])
"""


def outputs(program: str, number: int, *arguments: str, **environment: str) -> list[list[str]]:
    """Run `number` processes of one program at once; returns the lines that each wrote."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=settings.BASE_DIR,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(number)
    ]
    ended = [process.communicate() for process in started]
    for process, (_out, error) in zip(started, ended, strict=True):
        assert process.returncode == 0, error
    return [out.split() for out, _error in ended]


@pytest.mark.parametrize("links", ["links", "no links"])
def test_processes_that_start_together_agree_on_one_key(tmp_path, links):
    # Catches a key file that is there before the key is in it, and a key that replaces another's.
    rounds = 150
    found = outputs(KEYS, 4, str(tmp_path), str(time.time() + 2), str(rounds), links)
    assert len(found[0]) == rounds
    assert len(set(found[0])) == rounds
    assert found.count(found[0]) == 4
    for number in range(rounds):
        (path,) = (tmp_path / str(number)).iterdir()  # nothing is left beside it
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_database_takes_several_first_connections_at_once(tmp_path):
    # Catches "database is locked": SQLite does not wait where its journal is switched.
    rounds = 120
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "SIS_VAR_DIR": str(tmp_path)}
    arguments = (str(tmp_path), str(tmp_path / "starts"), str(rounds))
    assert outputs(CONNECT, 4, *arguments, **environment) == [["wal"] * rounds] * 4


def test_a_key_that_cannot_be_made_is_one_sentence(tmp_path):
    # Catches a traceback of the file system where the settings are read, and a half-made key.
    (tmp_path / "var").write_text("in the way")
    with pytest.raises(ImproperlyConfigured, match=r"SIS_VAR_DIR, or set DJANGO_SECRET_KEY"):
        local_secret_key(tmp_path / "var" / "secret_key")


def test_a_full_disk_leaves_no_empty_key(small_disk):
    # Catches an empty file that every later start complains about.
    small_disk.fill()
    with pytest.raises(ImproperlyConfigured, match="No space left"):
        local_secret_key(small_disk.path / "secret_key")
    assert small_disk.rest() == []
    small_disk.empty()
    assert local_secret_key(small_disk.path / "secret_key")
