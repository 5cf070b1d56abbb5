from collections.abc import Iterator

import pytest

from tests.work.toy import Counting
from work.kinds import kinds
from work.running import leaving


@pytest.fixture
def counting(db, monkeypatch) -> Iterator[Counting]:
    toy = Counting()
    monkeypatch.setitem(kinds, "counting", toy.kind())
    yield toy
    leaving.clear()


@pytest.fixture
def later(settings) -> None:
    """Tasks are kept, and done by nobody."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
