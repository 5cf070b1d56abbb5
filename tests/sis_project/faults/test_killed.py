"""Web servers and imports are killed at any moment, again and again: nothing is lost or doubled."""

import hashlib
import json
import os
import random
import signal
import threading
import time
from contextlib import suppress

import pytest

from tests.postgres import fresh_database, throwaway_server
from tests.sis_project.faults.house import House, photo

pytestmark = pytest.mark.slow

# More by hand: SIS_TESTS_KILLS=20.
KILLS = int(os.environ.get("SIS_TESTS_KILLS", "4"))
PICTURES = 120

# Rows whose file is not there, or is another; files of pictures that no row has; and counts.
LOOK = """
import hashlib, json
from catalog.files.filesets import file_sets
from catalog.models import Image
from search.models import Query
wrong = [i.name for i in Image.objects.all()
         if hashlib.sha256(i.file.open().read()).hexdigest() != i.sha256]
lost = [str(q.pk) for q in Query.objects.all() if not q.picture.storage.exists(q.picture.name)]
lacking = [str(q.pk) for q in Query.objects.all() if not q.vectors.exists()]
print(json.dumps({"images": Image.objects.count(), "queries": Query.objects.count(),
                  "wrong": wrong, "lost": lost, "lacking": lacking}))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    if request.param == "sqlite":
        yield House(tmp_path)
        return
    with throwaway_server() as url:
        yield House(tmp_path, DATABASE_URL=fresh_database(url))


def test_an_import_killed_again_and_again_brings_in_each_picture_once(house):
    # Catches a row without its file, a picture that comes twice, and one that never comes.
    house.manage("migrate", "-v0")
    folder = house.pictures(PICTURES)
    chance = random.Random(KILLS)
    for _time in range(KILLS):
        process = house.started("import_images", str(folder), "--collection", "mine")
        time.sleep(chance.uniform(0.5, 3))
        process.send_signal(signal.SIGKILL)
        process.wait()
    house.manage("import_images", str(folder), "--collection", "mine")
    found = json.loads(house.asked(LOOK))
    assert found == {"images": PICTURES, "queries": 0, "wrong": [], "lost": [], "lacking": []}
    stored = {p.stem for p in (house.var / "media" / "images").rglob("*.jpg") if p.name[0] != "."}
    assert stored == {hashlib.sha256(photo(n)).hexdigest() for n in range(PICTURES)}


def test_a_server_killed_while_it_takes_uploads_keeps_what_it_answered_for(house):
    # Catches a query whose picture is gone, and one that was promised and is not there.
    house.furnish(8)
    chance, promised = random.Random(KILLS), []
    for _time in range(KILLS):
        with house.served() as pages:
            leave = threading.Event()

            def upload(pages=pages, leave=leave) -> None:
                while not leave.is_set():
                    with suppress(OSError):
                        status, answer = pages.search(photo(len(promised)))
                        if status == 200:
                            promised.extend(answer["queries"])

            threads = [threading.Thread(target=upload) for _ in range(3)]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.5, 2))
            pages.process.send_signal(signal.SIGKILL)
            leave.set()
            for thread in threads:
                thread.join()
    found = json.loads(house.asked(LOOK))
    assert found["queries"] >= len(promised) > 0
    assert (found["lost"], found["lacking"], found["wrong"]) == ([], [], [])
    with house.served() as pages:
        assert {pages.get(f"/search/{pk}/") for pk in promised} == {200}
    assert "Traceback" not in house.log.read_text()
