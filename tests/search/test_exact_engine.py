"""The exact engine keeps the contract of all engines."""

from .conformance import EngineConformance


class TestExactEngine(EngineConformance):
    engine_path = "search.engines.exact.ExactEngine"
