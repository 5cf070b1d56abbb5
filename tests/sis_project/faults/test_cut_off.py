"""The cache of vectors is damaged while a server searches in it."""

import json
import os
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.sis_project.faults.house import House, Pages

pytestmark = pytest.mark.slow

TIMES = 8


def cache_file(house: House) -> Path:
    for _attempt in range(200):
        found = sorted((house.var / "cache").rglob("*.vectors"))
        if found:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError("no file of vectors was written")


def test_a_file_that_is_cut_off_ends_nobody_and_changes_no_answer(tmp_path):
    # Catches SIGBUS, by which systems end a process whose mapped file is gone, and a wrong ranking.
    house = House(tmp_path)
    house.furnish(60)
    with house.served() as pages:
        pages.wait_until(200, "/images/1/similar/")
        right = ranking(pages)
        cache_file(house)
    answers: list[object] = []
    leave = threading.Event()
    with house.served() as pages:

        def search() -> None:
            while not leave.is_set():
                answers.append(ranking(pages))

        threads = [threading.Thread(target=search) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(TIMES):
            path = cache_file(house)
            os.truncate(path, path.stat().st_size * (number % 4) // 4)
            time.sleep(0.2)
        leave.set()
        for thread in threads:
            thread.join()
        assert pages.process.poll() is None
    assert set(map(str, answers)) == {str(right)}, Counter(map(str, answers)).most_common(3)
    assert "cut off" in house.log.read_text() or "bytes, its header says" in house.log.read_text()


def ranking(pages: Pages) -> list[int]:
    asked = b'{"examples": [{"image": 1}], "k": 60}'
    status, _headers, body = pages.asked(
        "POST", "/api/search/", asked, Content_Type="application/json"
    )
    assert status == 200, body

    return [hit["image"]["id"] for hit in json.loads(body)["hits"]]
