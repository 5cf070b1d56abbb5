"""Where no file can be written, searches go on without."""

import sqlite3

import pytest
from django.db import DatabaseError, connection, transaction

from search.engines import cache as cache_module
from search.engines.certified import CertifiedEngine
from search.engines.exact import ExactEngine
from search.models import VectorFile

from .starting import VECTORS, files, first_of, started, uses_file


def test_an_unwritable_folder_is_one_line_in_the_log(images, var_folder, caplog, engine_class):
    # A file where the folder should be: that stops even an administrator.
    var_folder.mkdir()
    (var_folder / "cache").write_text("in the way")
    for _ in range(2):
        assert first_of(started(engine_class), VECTORS[3]) == (images[3].pk, 0)
    assert sum("cannot be written" in message for message in caplog.messages) == 1
    assert not VectorFile.objects.exists()


def test_a_full_disk_is_survived(images, var_folder, caplog, monkeypatch, engine_class):
    cache_module.warn_once.cache_clear()

    def full(self, facts):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("search.index.array_file.ArrayFileWriter.publish", full)
    engine = started(engine_class)
    assert first_of(engine, VECTORS[3]) == (images[3].pk, 0)
    assert "No space left" in caplog.text
    assert files(var_folder, ".*") == []


def test_a_database_that_takes_no_mark_is_searched_all_the_same(images, var_folder, monkeypatch):
    def refuse(**_values):
        raise DatabaseError("read-only")

    monkeypatch.setattr(VectorFile.objects, "create", refuse)
    for engine_class in (ExactEngine, CertifiedEngine):
        assert first_of(started(engine_class), VECTORS[3]) == (images[3].pk, 0)
    assert files(var_folder) == []


def test_nothing_is_written_in_a_transaction_or_where_it_is_switched_off(images, var_folder):
    with transaction.atomic():
        started()
    started(cache=False)
    assert files(var_folder) == []


@pytest.fixture
def writer(transactional_db):
    """Another connection that holds the database's write lock until it is closed."""
    if connection.vendor != "sqlite":
        pytest.skip("the lock is SQLite's; test_beside_a_writer.py has PostgreSQL's")
    other = sqlite3.connect(connection.settings_dict["NAME"], uri=True)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_mark_that_a_writer_is_in_the_way_of_is_made_up_for(
    images, var_folder, engine_class, writer
):
    # Catches vectors read from the database at every start, because one of them met an import.
    engine = started(engine_class)
    assert first_of(engine, VECTORS[3]) == (images[3].pk, 0)
    assert (VectorFile.objects.count(), files(var_folder, ".*")) == (0, [])
    engine.sync()
    assert VectorFile.objects.count() == 0
    writer.close()
    engine.sync()  # nothing has changed, but the file is still owed
    engine.finish()
    assert VectorFile.objects.count() == len(files(var_folder)) == 1
    engine.sync()
    assert uses_file(engine)
    assert first_of(engine, VECTORS[3]) == (images[3].pk, 0)


def test_a_mark_that_must_not_be_believed_loses_its_file_even_beside_a_writer(
    images, var_folder, writer
):
    # Catches a file of a restored database's future, believed as soon as the numbers catch up.
    writer.rollback()
    started()
    VectorFile.objects.update(revision=10**6)
    writer.execute("BEGIN IMMEDIATE")
    assert files(var_folder) != []
    assert first_of(started(), VECTORS[3]) == (images[3].pk, 0)
    assert files(var_folder) == []
    assert VectorFile.objects.count() == 1
