"""Uploads take turns: how many, in which order, how many may wait, and what those who wait see."""

import threading
import time
from uuid import uuid4

import pytest
from django.test import Client

from search import turn_views
from search.models import Query
from search.turns import TooManyWaiting, Turns
from tests.helpers import encoded, picture
from tests.pages import describe_all, fill, text, upload, use_stand_in

PHOTO = encoded(picture(7, size=(300, 200)))


class Crowd:
    """Threads that want a turn, one after the other; each has it until `let_go`."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.had: list[str] = []
        self.threads: list[threading.Thread] = []
        self.doors: dict[str, threading.Event] = {}

    def come(self, name: str) -> None:
        self.doors[name] = threading.Event()
        thread = threading.Thread(target=self.want, args=[name])
        self.threads.append(thread)
        thread.start()
        self.until(lambda: name in self.had or self.turns.before(name) is not None)

    def want(self, name: str) -> None:
        with self.turns.turn(name):
            self.had.append(name)
            self.doors[name].wait(10)

    def let_go(self, name: str) -> None:
        self.doors[name].set()

    @staticmethod
    def until(holds) -> None:
        for _attempt in range(1000):
            if holds():
                return
            time.sleep(0.005)
        raise AssertionError("it never came so far")

    def leave(self) -> None:
        for door in self.doors.values():
            door.set()
        for thread in self.threads:
            thread.join(10)


@pytest.fixture
def crowd():
    made = Crowd(Turns(at_once=2, most_waiting=3))
    yield made
    made.leave()


def test_turns_come_in_order_a_few_at_a_time(crowd):
    # Catches an upload that is overtaken by all that come later.
    for name in "abcd":
        crowd.come(name)
    assert crowd.had == ["a", "b"]
    assert [crowd.turns.before(name) for name in "abcd"] == [None, None, 0, 1]
    crowd.let_go("b")
    crowd.until(lambda: crowd.had == ["a", "b", "c"])
    assert crowd.turns.before("d") == 0
    crowd.let_go("a")
    crowd.until(lambda: crowd.had == ["a", "b", "c", "d"])


def test_nobody_waits_where_too_many_do(crowd):
    # Catches a server whose threads all hold uploads that wait.
    for name in "abcde":
        crowd.come(name)
    with pytest.raises(TooManyWaiting) as caught, crowd.turns.turn("f"):
        pytest.fail("it had a turn")
    assert caught.value.number == 3
    crowd.let_go("a")
    crowd.until(lambda: "c" in crowd.had)
    crowd.come("f")
    assert crowd.turns.before("f") == 2


def test_a_turn_that_fails_is_over(crowd):
    for _time in range(5):
        with pytest.raises(KeyError), crowd.turns.turn("x"):
            raise KeyError("x")
    crowd.come("a")
    assert crowd.had == ["a"]


# --- Pages ----------------------------------------------------------------------------------


@pytest.fixture
def busy(collection, monkeypatch):
    """Somebody has the only turn, and one more may wait."""
    use_stand_in(monkeypatch)
    fill(collection, 3)
    describe_all()
    crowd = Crowd(Turns(at_once=1, most_waiting=1))
    monkeypatch.setattr(turn_views, "turns", crowd.turns)
    crowd.come("somebody")
    yield crowd
    crowd.leave()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_who_finds_too_many_is_told_when_to_come_back(client, busy, language):
    # Catches an error 500, and a picture that is stored for nothing.
    busy.come("another")
    response = client.post("/", upload(PHOTO), headers={"accept-language": language})
    assert response.status_code == 503
    assert int(response["Retry-After"]) >= 1
    assert ("1 upload waits" in text(response)) == (language == "en")
    assert not Query.objects.exists()
    sent = {"pictures": upload(PHOTO)["picture"]}
    answer = client.post("/api/search/upload/", sent)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert int(answer["Retry-After"]) >= 1


def test_pages_wait_for_nobody(client, busy):
    busy.come("another")
    for path in ("/", "/images/", "/recipes/"):
        assert client.get(path).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_who_waits_sees_how_many_are_before(client, busy):
    # Catches a place that is somebody else's, and one that anybody could take by its name.
    ticket, answers = str(uuid4()), []
    assert client.get(f"/search/turn/{ticket}/").json() == {"before": None, "told": ""}

    def send() -> None:
        from django.db import connection

        answers.append(Client().post("/", upload(PHOTO) | {"ticket": ticket}).status_code)
        connection.close()

    sending = threading.Thread(target=send)
    sending.start()
    busy.until(lambda: busy.turns.before(ticket) == 0)
    told = client.get(f"/search/turn/{ticket}/")
    assert told.json() == {"before": 0, "told": "Your turn is next …"}
    assert "no-store" in told["Cache-Control"]
    busy.let_go("somebody")
    sending.join(20)
    assert answers == [302]
    assert client.get(f"/search/turn/{ticket}/").json()["before"] is None


@pytest.mark.parametrize("ticket", ["", "x", "a/b", "\0"])
def test_a_ticket_that_is_none_is_no_obstacle(client, collection, monkeypatch, ticket):
    use_stand_in(monkeypatch)
    fill(collection, 3)
    describe_all()
    assert client.post("/", upload(PHOTO) | {"ticket": ticket}).status_code == 302
