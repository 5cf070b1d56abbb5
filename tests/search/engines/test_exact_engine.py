"""The exact engine keeps the contract of all engines, in memory and over cache files."""

import pytest

from .conformance import VectorConformance


class TestExactEngine(VectorConformance):
    engine_path = "search.engines.exact.ExactEngine"


@pytest.mark.usefixtures("transactional_db", "rewritten_at_every_change")
class TestExactEngineOverFiles(VectorConformance):
    """Inside a transaction nothing is written: these tests commit."""

    engine_path = "tests.search.engines.settled.SettledExactEngine"
