"""Every command beside a database in real trouble: a sentence with the remedy, never a trace."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.disks import mounted
from tests.helpers import encoded, picture

pytestmark = pytest.mark.slow

PROGRAM = """
import io, json, os, sys
import django
django.setup()
from django.core.management import CommandError, call_command
from django.db import connection
connection.settings_dict["OPTIONS"].update(json.loads(os.environ.get("DATABASE_OPTIONS", "{}")))
said = {}
for command in json.load(sys.stdin):
    try:
        call_command(*command, stdout=io.StringIO(), stderr=io.StringIO())
        said[command[0]] = ["done", ""]
    except CommandError as error:
        said[command[0]] = ["refused", str(error)]
    except BaseException as error:
        said[command[0]] = ["raised", repr(error)]
    connection.close()
print(json.dumps(said))
"""


def said_by_commands(var: Path, **environment: str) -> dict[str, list[str]]:
    """What became of each command, and what it said."""
    folder = var.parent / "in"
    folder.mkdir(exist_ok=True)
    (folder / "a.jpg").write_bytes(encoded(picture(1)))
    run = folder.parent / "run.txt"
    run.write_text("topic Q0 a 1 1.0 tag\n")
    commands = [
        ["import_images", str(folder), "--collection=places"],
        ["extract_features"],
        ["search_images", str(folder / "a.jpg")],
        ["export_features", str(var.parent / "out.npz")],
        ["import_groundtruth", "--collection=places"],
        ["import_run", str(run), "--benchmark=landmarks"],
        ["evaluate", "landmarks"],
        ["purge_queries"],
    ]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env={
            **{key: value for key, value in os.environ.items() if key != "DATABASE_URL"},
            "DJANGO_SETTINGS_MODULE": "sis_project.settings",
            "SIS_VAR_DIR": str(var),
            # Nothing is to be described here, and no network to be loaded.
            "SIS_DESCRIPTORS": '{"fc6": "tests.catalog.stand_in.StandIn"}',
            **environment,
        },
        input=json.dumps(commands),
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def migrated(tmp_path_factory) -> Path:
    """A database file with tables and nothing in them."""
    var = tmp_path_factory.mktemp("var")
    environment = {**os.environ, "SIS_VAR_DIR": str(var)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env={**environment, "DJANGO_SETTINGS_MODULE": "sis_project.settings"},
        check=True,
    )
    return var / "db.sqlite3"


def assert_all_refused(said: dict[str, list[str]], *words: str, database: object) -> None:
    for command, (outcome, text) in said.items():
        assert outcome == "refused", (command, text)
        assert all(word in text for word in words), (command, text)
        assert str(database) in text, (command, text)
        assert "\n" not in text, command


def test_without_tables_they_say_migrate(tmp_path):
    # Catches a trace on the first command of a new installation.
    var = tmp_path / "var"
    assert_all_refused(said_by_commands(var), "manage.py migrate", database=var / "db.sqlite3")


def test_a_file_that_is_no_database(tmp_path):
    # Catches "run migrate first", which does not help.
    var = tmp_path / "var"
    var.mkdir()
    (var / "db.sqlite3").write_bytes(b"no database, but long enough to be looked at as one" * 100)
    said = said_by_commands(var)
    assert_all_refused(said, "is not a database", "back-up", database=var / "db.sqlite3")
    assert "migrate" not in str(said)


def test_a_server_that_is_not_running(tmp_path):
    # Catches an address with its password in a message.
    url = "postgres://somebody:secret@127.0.0.1:1/pictures"
    said = said_by_commands(tmp_path / "var", DATABASE_URL=url)
    assert_all_refused(said, "cannot be reached", "DATABASE_URL", database="pictures (127.0.0.1:1)")
    assert "secret" not in str(said)


def test_a_disk_that_is_read_only(migrated, tmp_path):
    # Catches "run migrate first", and what can only read failing with it in a trace.
    with mounted(tmp_path / "var", megabytes=8) as disk:
        shutil.copy(migrated, disk.path / "db.sqlite3")
        (disk.path / "secret_key").write_text("x" * 50)
        (disk.path / "static").mkdir()
        disk.freeze()
        said = said_by_commands(disk.path)
    outcome, text = said["import_images"]
    assert outcome == "refused"
    assert "read-only" in text or "Read-only file system" in text
    assert "migrate" not in text
    assert not [name for name, (outcome, _text) in said.items() if outcome == "raised"], said


def test_a_disk_that_is_full(migrated, tmp_path):
    # Catches "disk I/O error" and "unable to open database file", which is how SQLite says it.
    with mounted(tmp_path / "var", megabytes=8) as disk:
        shutil.copy(migrated, disk.path / "db.sqlite3")
        (disk.path / "secret_key").write_text("x" * 50)
        (disk.path / "static").mkdir()
        disk.fill()
        said = said_by_commands(disk.path)
    outcome, text = said["import_images"]
    assert outcome == "refused"
    assert "full" in text or "No space left" in text
    assert "migrate" not in text
    assert not [name for name, (outcome, _text) in said.items() if outcome == "raised"], said


def test_a_database_that_another_program_holds(migrated, tmp_path):
    # Catches "run migrate first" where waiting helps.
    var = tmp_path / "var"
    var.mkdir()
    shutil.copy(migrated, var / "db.sqlite3")
    holder = sqlite3.connect(var / "db.sqlite3", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    said = said_by_commands(var, DATABASE_OPTIONS='{"timeout": 0.2}')
    holder.execute("ROLLBACK")
    outcome, text = said["import_images"]
    assert outcome == "refused"
    assert "is locked" in text
    assert not [name for name, (outcome, _text) in said.items() if outcome == "raised"], said
