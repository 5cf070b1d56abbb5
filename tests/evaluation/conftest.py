"""A benchmark small enough to be evaluated by hand."""

import pytest

from evaluation.models import Benchmark
from search.engines import reset_engines
from tests.evaluation.landmarks import FILES, GATE, add_pictures, imported


@pytest.fixture(autouse=True)
def fresh_engines():
    """Every test has a database of its own, so no engine may remember another one's."""
    reset_engines()


@pytest.fixture
def pictures(collection):
    """The collection of `landmarks.py`, all of it with features."""
    return add_pictures(collection)


@pytest.fixture
def benchmark_rows(pictures) -> Benchmark:
    """The benchmark `landmarks`, imported over its pictures."""
    return imported(FILES)


@pytest.fixture
def gate(pictures) -> Benchmark:
    """The benchmark `gate`: one topic, without a box."""
    return imported(GATE, name="gate")
