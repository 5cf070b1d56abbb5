"""PostgreSQL stops and starts while pages and a worker use it."""

import threading
import time
from collections import Counter

import pytest

from tests.postgres import fresh_database, running_server
from tests.sis_project.faults.house import House, Pages, photo

pytestmark = pytest.mark.slow

# Those of visitors; the last one asks the database nothing.
PAGES = ("/", "/images/", "/images/1/", "/images/1/similar/", "/evaluation/", "/healthz")


class Visitors:
    """Ask for pages, and search, until they are told to stop."""

    def __init__(self, pages: Pages, number: int) -> None:
        self.pages, self.leave = pages, threading.Event()
        self.answers: list[tuple[str, int, str | None, float]] = []
        self.threads = [threading.Thread(target=self.visit, args=[n]) for n in range(number)]

    def __enter__(self) -> "Visitors":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.leave.set()
        for thread in self.threads:
            thread.join()

    def visit(self, number: int) -> None:
        while not self.leave.is_set():
            for path in PAGES:
                begun = time.monotonic()
                status, headers, body = self.pages.asked("GET", path)
                assert b"Traceback" not in body
                lasted = time.monotonic() - begun
                self.answers.append((path, status, headers.get("Retry-After"), lasted))
            if number == 0:
                self.answers.append(("upload", self.pages.search(photo(1))[0], "30", 0.0))


@pytest.mark.parametrize("connections", ["10", "0"], ids=["pool", "a connection a thread"])
def test_pages_say_that_the_database_is_away_and_come_back_alone(tmp_path, connections):
    # Catches an error 500, a page that waits for ever, and a server that must be started again.
    with running_server() as server:
        house = House(
            tmp_path,
            DATABASE_URL=fresh_database(server.url),
            SIS_DATABASE_CONNECTIONS=connections,
        )
        house.furnish(8)
        with house.served() as pages:
            worker = house.started("worker")
            pages.wait_until(200, "/images/1/similar/")
            with Visitors(pages, 6) as visitors:
                for _time in range(2):
                    time.sleep(1)
                    server.stop()
                    pages.wait_until(503, "/")
                    time.sleep(1)
                    server.start()
                    # `pg_ctl` says that it answers; each connection that was lost costs a try.
                    assert max(pages.wait_until(200, page) for page in PAGES) < 10
            assert worker.poll() is None
            worker.terminate()
            assert worker.wait(30) == 0
    statuses = Counter(status for _path, status, _after, _lasted in visitors.answers)
    assert set(statuses) == {200, 503}, statuses
    assert all(after for _path, status, after, _lasted in visitors.answers if status == 503)
    assert {status for path, status, *_ in visitors.answers if path == "/healthz"} == {200}
    assert max(lasted for *_, lasted in visitors.answers) < 15
