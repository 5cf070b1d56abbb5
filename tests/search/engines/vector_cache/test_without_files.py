"""Where no file can be written, searches go on without."""

from django.db import DatabaseError, transaction

from search.engines import cache as cache_module
from search.engines.certified import CertifiedEngine
from search.engines.exact import ExactEngine
from search.models import VectorFile

from .starting import VECTORS, files, first_of, started


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
