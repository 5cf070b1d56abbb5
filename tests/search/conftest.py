"""Fixtures of the search tests."""

import pytest

from search import queries, services
from search.engines import reset_engines
from tests.postgres import missing


@pytest.fixture(autouse=True)
def var_folder(tmp_path, settings):
    """Each test has a folder for caches of its own."""
    settings.SIS_VAR_DIR = tmp_path / "var"
    return settings.SIS_VAR_DIR


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Tests have the same numbers of images and of changes, each for other pictures."""
    services.memory.clear()
    queries.memory.clear()
    reset_engines()


@pytest.fixture
def rewritten_at_every_change(monkeypatch):
    monkeypatch.setattr("search.engines.following.MAX_DRIFT_ROWS", 0)


@pytest.fixture(scope="session")
def faiss():
    try:
        import faiss
    except ImportError:
        missing("faiss-cpu is not installed")
    return faiss
