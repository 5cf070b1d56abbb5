"""One file for all processes: used where it holds, followed, written anew in time."""

import numpy as np
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.descriptors import get_descriptor
from catalog.models import Collection, Image
from search.engines import cache as cache_module
from search.engines.exact import ExactEngine
from search.index.array_file import ArrayFile
from search.models import VectorFile
from tests.helpers import add_image, unit_vectors

from .starting import VECTORS, files, first_of, started, uses_file


def test_the_second_start_reads_no_vectors_from_the_database(images, var_folder, engine_class):
    started(engine_class)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        second = started(engine_class)
    assert uses_file(second)
    assert not any('"stored"' in query["sql"] for query in captured)
    assert len(captured) <= 6
    assert first_of(second, VECTORS[3]) == (images[3].pk, 0)


def test_two_engines_share_one_file_and_both_follow(images, var_folder, collection, engine_class):
    started(engine_class)
    one, two = started(engine_class), started(engine_class)
    assert len(files(var_folder)) == 1
    assert one._snapshot.base.files[0].path == two._snapshot.base.files[0].path
    added = add_image(collection, "added", vector=unit_vectors(1, seed=9)[0])
    Image.objects.filter(pk=images[0].pk).delete()
    for engine in (one, two):
        engine.sync()
        assert first_of(engine, unit_vectors(1, seed=9)[0]) == (added.pk, 0)
        assert images[0].pk not in engine.search(VECTORS[:1], 20)[0]


def test_a_stale_file_is_followed_from_where_it_was(images, collection, engine_class):
    started(engine_class)
    fresh = unit_vectors(2, seed=9)
    Image.objects.filter(pk=images[0].pk).update(fc6=fresh[0])
    added = add_image(collection, "added", vector=fresh[1])
    Image.objects.filter(pk=images[1].pk).delete()
    later = started(engine_class)
    assert uses_file(later)
    assert first_of(later, fresh[0]) == (images[0].pk, 0)
    assert first_of(later, fresh[1]) == (added.pk, 0)
    assert sorted(later.search(VECTORS[:1], 50)[0][0].tolist()) == sorted(
        Image.objects.values_list("pk", flat=True)
    )


def test_builders_at_the_same_time_do_each_other_no_harm(images, var_folder):
    engines = [ExactEngine(descriptor=get_descriptor()) for _ in range(3)]
    for engine in engines:
        engine.sync()  # none has published before the next starts to build, or only just
    for engine in engines:
        engine.finish()
        engine.sync()
        assert first_of(engine, VECTORS[3]) == (images[3].pk, 0)
    engine = started()
    assert uses_file(engine)
    assert first_of(engine, VECTORS[3]) == (images[3].pk, 0)
    assert len(files(var_folder)) == 1
    assert VectorFile.objects.count() == 1


def test_a_file_that_appears_while_older_ones_are_deleted_stays(images, monkeypatch):
    # Another builder publishes between the look at the folder and the deletion.
    engine = started()
    other = engine.cache
    mark = other.new_mark()
    other.leave_mark(mark, engine._seen)
    original = cache_module.VectorCache._prune
    written = []

    def prune(self, *arguments, **options):
        fill = engine._snapshot.write_to
        written.append(other.write(fill, revision=engine._seen, mark=mark, marked=True))
        original(self, *arguments, **options)

    monkeypatch.setattr(cache_module.VectorCache, "_prune", prune)
    started()
    assert written[0].files[0].path.exists()
    monkeypatch.undo()
    base, _revision = other.newest()
    assert base.mark == mark
    assert VectorFile.objects.count() == 1


def test_what_changes_while_the_vectors_are_read_is_not_lost(images, monkeypatch, engine_class):
    # The mark comes after the change, so the file holds; its revision must lie before it.
    original, fresh = engine_class.build, unit_vectors(1, seed=9)[0]

    def build(self):
        built = original(self)
        Image.objects.filter(pk=images[0].pk).update(fc6=fresh)
        return built

    monkeypatch.setattr(engine_class, "build", build)
    assert first_of(started(engine_class), fresh) == (images[0].pk, 0)
    assert first_of(started(engine_class), fresh) == (images[0].pk, 0)


def test_a_base_that_fell_behind_is_written_anew(images, var_folder, collection, monkeypatch):
    monkeypatch.setattr("search.engines.following.MAX_DRIFT_ROWS", 3)
    engine = started()
    engine.sync()
    (before,) = files(var_folder)
    fresh = unit_vectors(6, seed=9)
    for number, vector in enumerate(fresh):
        add_image(collection, f"new{number}", vector=vector)
    Image.objects.filter(pk=images[2].pk).delete()
    engine.sync()
    engine.finish()
    engine.sync()
    (after,) = files(var_folder)
    assert after != before
    assert len(ArrayFile(after).array("ids")) == 17
    assert engine._snapshot.drift() == 0
    assert first_of(engine, VECTORS[5]) == (images[5].pk, 0)
    assert engine.count() == 17


def test_vectors_of_each_model_have_a_folder_of_their_own(images, var_folder):
    started()
    Image.objects.update(fc6_model_id="vgg16/untrained/bfloat16")
    descriptor = get_descriptor()
    other = ExactEngine(descriptor=descriptor)
    other.sync()
    assert other.count() == 0
    one = cache_module.VectorCache(descriptor, "one", other.opened)
    two = cache_module.VectorCache(descriptor, "two", other.opened)
    assert one.folder != two.folder
    # Building one model's file must not throw away the mark of another's.
    marks = [cache.new_mark() for cache in (one, two)]
    for cache, mark in zip((one, two), marks, strict=True):
        cache.leave_mark(mark, 0)
        cache.write(other._snapshot.write_to, revision=0, mark=mark, marked=True)
    assert one.newest() is not None
    assert two.newest() is not None
    assert one.newest() is not None


def test_collections_keep_their_rows_through_a_file(images, collection):
    others = [Collection.objects.create(slug=f"o{n}") for n in range(2)]
    for number, other in enumerate(others):
        Image.objects.filter(pk__in=[i.pk for i in images[number::3]]).update(collection=other)
    started()
    engine = started()
    assert uses_file(engine)
    for held in (collection, *others):
        found = engine.search(VECTORS[:1], 50, within=frozenset([held.pk]))[0][0].tolist()
        assert sorted(found) == sorted(held.images.values_list("pk", flat=True))
        assert engine.count(within=frozenset([held.pk])) == len(found)
    assert np.unique(engine.search(VECTORS[:1], 50)[0]).size == 12
