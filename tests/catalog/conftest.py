"""Fixtures of the catalogue's tests."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.postgres import fresh_database, throwaway_server
from tests.s3 import s3, s3_address  # noqa: F401 (fixtures)

# The column itself; asking whether it is there (IS NULL, IS NOT NULL) reads no vector.
VECTOR_COLUMN = re.compile(r'"fc6"(?! IS (NOT )?NULL| = )')


def loads_vectors(sql: str) -> bool:
    """Tell whether a query makes the database send vectors."""
    return sql.startswith("SELECT") and VECTOR_COLUMN.search(sql) is not None


@pytest.fixture
def no_vectors_loaded(db) -> Callable[[], AbstractContextManager]:
    """A context in which images must be read, and none of the queries may fetch a vector."""

    @contextmanager
    def watch() -> Iterator[None]:
        with CaptureQueriesContext(connection) as queries:
            yield
        reads = [query["sql"] for query in queries if '"catalog_image"' in query["sql"]]
        assert reads, "no query read images, so this proves nothing"
        assert [sql for sql in reads if loads_vectors(sql)] == []

    return watch


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real PostgreSQL server that a worker's modules share."""
    with throwaway_server() as url:
        yield url


@pytest.fixture(scope="module")
def postgres_url(postgres_server) -> str:
    """The DATABASE_URL of an empty database: no module finds what another has left."""
    return fresh_database(postgres_server)
