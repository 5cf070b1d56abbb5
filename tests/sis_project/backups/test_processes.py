"""Backups with real processes and both databases: while somebody writes, killed, and put back."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as project

from sis_project.backups.folder import Folder
from tests.postgres import fresh_database, throwaway_server

pytestmark = pytest.mark.slow
KILLS = 20

MAKE = """
import sys, numpy as np
from catalog.models import Collection
from search.queries import create_query
from tests.helpers import add_image, encoded, picture, unit_vectors
from io import BytesIO
place, _made = Collection.objects.get_or_create(slug="places")
for number, vector in enumerate(unit_vectors(int({count}), seed={start})):
    add_image(place, f"p{{number + {start}:04d}}", vector=vector)
"""
WRITE = """
import time
from catalog.models import Collection
from tests.helpers import add_image
place = Collection.objects.get(slug="places")
for number in range(100000):
    add_image(place, f"w{number:05d}")
    if number % 5 == 0:
        place.images.filter(name=f"w{max(0, number - 7):05d}").delete()
    time.sleep(0.01)
"""
LOOK = """
import hashlib, json
from django.core.files.storage import default_storage
from catalog.models import Image
found = {}
for image in Image.objects.defer(None).order_by("pk"):
    file = hashlib.sha256(default_storage.open(image.file.name).read()).hexdigest()
    vector = None if image.fc6 is None else hashlib.sha256(image.fc6.tobytes()).hexdigest()
    found[image.name] = [image.pk, image.sha256, file, vector, image.fc6_model_id]
print(json.dumps(found))
"""


class System:
    """An installation in a folder of its own."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.environment = os.environ | {
            "SIS_VAR_DIR": str(folder),
            "SIS_WEIGHTS": "untrained",
            "DJANGO_SETTINGS_MODULE": "sis_project.settings",
        }
        if database:
            self.environment["DATABASE_URL"] = database

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "manage.py", *arguments]

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=project.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, fails: bool = False) -> str:
        process = self.start(*arguments)
        out, err = process.communicate()
        assert (process.returncode != 0) is fails, err
        return err if fails else out

    def shell(self, program: str) -> str:
        return self.run("shell", "-v0", "-c", program)

    def look(self) -> dict[str, list]:
        return json.loads(self.shell(LOOK))


@pytest.fixture(params=["sqlite", "postgresql"])
def systems(request, tmp_path) -> Iterator[tuple[System, System]]:
    """One with 30 pictures, and an empty one."""

    def pair(*databases: str) -> tuple[System, System]:
        one, other = (
            System(tmp_path / name, database)
            for name, database in zip(("one", "other"), databases, strict=True)
        )
        one.run("migrate", "-v0")
        one.shell(MAKE.format(count=30, start=0))
        return one, other

    if request.param == "sqlite":
        yield pair("", "")
        return
    with throwaway_server() as server:
        yield pair(fresh_database(server), fresh_database(server))


def test_what_is_restored_is_the_same_to_the_last_vector(systems, tmp_path):
    # Catches vectors that a dump rounds, and pictures that came while it was made.
    one, other = systems
    backup = str(tmp_path / "backup")
    writer = one.start("shell", "-v0", "-c", WRITE)
    time.sleep(2)
    assert "the database and" in one.run("backup", backup, "-v0")
    writer.kill()
    writer.wait()
    before = one.look()
    other.run("restore", backup, "-v0")
    found = other.look()
    assert len(found) >= 30
    assert all(row[1] == row[2] for row in found.values())
    both = found.keys() & before.keys()
    assert all(found[name] == before[name] for name in both)
    assert {f"p{number:04d}" for number in range(30)} <= found.keys()
    # Another one copies only what is new; a place that is not empty is left alone.
    one.run("backup", backup, "-v0")
    one.shell(MAKE.format(count=3, start=100))
    assert ", 3 of them new." in one.run("backup", backup, "-v0")
    assert "has tables already" in other.run("restore", backup, fails=True)


def test_a_killed_backup_leaves_the_one_before(tmp_path):
    # Catches a folder that is neither the old backup nor the new one.
    one, other = System(tmp_path / "one"), System(tmp_path / "other")
    one.run("migrate", "-v0")
    one.shell(MAKE.format(count=30, start=0))
    root = tmp_path / "backup"
    one.run("backup", str(root), "-v0")
    first = Folder(root).manifest()
    one.shell(MAKE.format(count=30, start=100))
    chance = random.Random(7)
    for _kill in range(KILLS):
        process = one.start("backup", str(root), "-v0")
        time.sleep(chance.uniform(0.3, 2.5))
        process.kill()
        process.wait()
        folder = Folder(root)
        manifest = folder.manifest()
        assert manifest is not None
        assert manifest == first or manifest.count == 60
        assert all(folder.content(kept) for kept in folder.entries(manifest))
        assert (root / manifest.database).exists()
    one.run("backup", str(root), "-v0")
    other.run("restore", str(root), "-v0")
    assert other.look() == one.look()


def test_a_killed_restore_goes_on(tmp_path):
    one, other = System(tmp_path / "one"), System(tmp_path / "other")
    one.run("migrate", "-v0")
    one.shell(MAKE.format(count=30, start=0))
    backup = str(tmp_path / "backup")
    one.run("backup", backup, "-v0")
    chance = random.Random(8)
    for _kill in range(5):
        process = other.start("restore", backup, "-v0")
        time.sleep(chance.uniform(0.8, 1.8))
        process.kill()
        process.wait()
    done = other.start("restore", backup, "-v0")
    _out, err = done.communicate()
    # Done now, or by one that was killed after it.
    assert done.returncode == 0 or "has tables already" in err
    other.run("migrate", "-v0")
    assert other.look() == one.look()


def test_what_cannot_be_done_is_said(tmp_path):
    one = System(tmp_path / "one")
    one.run("migrate", "-v0")
    inside = str(tmp_path / "one" / "backup")
    assert "choose another folder" in one.run("backup", inside, fails=True)
    nothing = str(tmp_path / "nothing")
    assert "There is no backup" in one.run("restore", nothing, fails=True)
    one.shell(MAKE.format(count=2, start=0))
    backup = tmp_path / "backup"
    gone = next((tmp_path / "one" / "media" / "images").rglob("*.jpg"))
    gone.unlink()
    assert "1 file that a row names is not in the storage" in one.run(
        "backup", str(backup), fails=True
    )
    other = System(tmp_path / "other")
    kept = next(backup.glob("files/*/*"))
    kept.write_bytes(b"damaged")
    assert "damaged" in other.run("restore", str(backup), fails=True)
