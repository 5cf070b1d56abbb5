"""The aggregated engine keeps the contract of all engines, in memory and over cache files."""

import logging

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from catalog.descriptors import DescriptorError
from catalog.descriptors.local import vocabulary as vocabulary_module
from catalog.descriptors.local.features import without_features
from catalog.models import Image, ImageVector
from search.checks import check_engines
from search.engines import alias_for, get_engine, reset_engines, vector_aliases
from search.engines.aggregated import AggregatedEngine
from tests.helpers import add_image
from tests.search.words import add_vocabulary, fill, put_words, some_features, with_some_of

from ..conformance import EngineConformance

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("faiss")]
PATH = "search.engines.aggregated.AggregatedEngine"


class WordConformance(EngineConformance):
    """Similarities of sets of local features, each of one word, so that the same have 1."""

    best, tolerance = 1, 1e-6
    options = {"assigned": 1}

    @pytest.fixture(autouse=True)
    def vocabulary(self, db):
        self.ranked_by = add_vocabulary()

    def descriptor(self):
        return self.ranked_by

    def things(self, count, *, seed=0):
        return [some_features(1000 * seed + number) for number in range(count)]

    def add(self, collection, name, thing, *, model_id=""):
        image = add_image(collection, name)
        put_words(image, thing, descriptor=self.ranked_by, model_id=model_id or None)
        return image

    def change(self, pk, thing):
        put_words(Image.objects.get(pk=pk), thing, descriptor=self.ranked_by)

    def outdate(self, pk):
        ImageVector.objects.filter(image=pk).update(model_id="another")

    def take_away(self, pk):
        ImageVector.objects.filter(image=pk).delete()

    def test_unusable_queries_are_refused(self, filled):
        with pytest.raises(ValueError, match="sets of local features"):
            filled[0].search(np.ones((1, 128)), 1)

    def test_a_picture_without_features_is_like_none_and_counts(self, filled, collection):
        engine, ids, things = filled
        flat = without_features((100, 100))
        image = self.add(collection, "flat", flat)
        engine.sync()
        assert engine.count() == 41
        found, scores = engine.search([flat, things[0]], 41)
        assert not scores[0].any()
        assert found[0].tolist() == sorted([*ids, image.pk])
        assert scores[1][found[1] == image.pk] == 0


class TestAggregatedEngine(WordConformance):
    engine_path = PATH
    options = {"assigned": 1, "cache": False}


@pytest.mark.usefixtures("transactional_db", "rewritten_at_every_change")
class TestAggregatedEngineOverFiles(WordConformance):
    engine_path = "tests.search.engines.settled.SettledAggregatedEngine"


@pytest.fixture
def ranked_by(db):
    yield add_vocabulary()
    reset_engines()


def test_what_shares_more_is_more_alike(collection, ranked_by):
    query, other = some_features(1), some_features(2)
    sets = {f"{share}": with_some_of(query, other, share) for share in (0.2, 0.8, 0.5, 0)}
    fill(collection, sets, descriptor=ranked_by)
    engine = get_engine(descriptor=ranked_by)
    engine.sync()
    found, scores = engine.search([query], 4)
    names = dict(Image.objects.values_list("pk", "name"))
    assert [names[pk] for pk in found[0].tolist()] == ["0.8", "0.5", "0.2", "0"]
    assert 0 < scores[0, -1] < scores[0, 0] < 1


def test_a_second_process_searches_the_file_of_the_first(
    transactional_db, collection, monkeypatch, caplog
):
    # Catches a file that is written and never used, and one that is used for another vocabulary.
    ranked_by = add_vocabulary()
    sets = {f"i{number}": some_features(number) for number in range(5)}
    images = fill(collection, sets, descriptor=ranked_by)
    first = AggregatedEngine(descriptor=ranked_by, assigned=1)
    first.sync()
    first.finish()
    monkeypatch.setattr(AggregatedEngine, "build", lambda self: pytest.fail("not from the file"))
    second = AggregatedEngine(descriptor=ranked_by, assigned=1)
    second.sync()
    second.finish()
    assert second._snapshot.base.mark
    queries = list(sets.values())
    assert second.search(queries, 5)[0][:, 0].tolist() == [image.pk for image in images]
    np.testing.assert_array_equal(second.search(queries, 5)[1], first.search(queries, 5)[1])
    monkeypatch.undo()
    other = AggregatedEngine(descriptor=add_vocabulary(seed=1))
    other.sync()
    assert other.count() == 0  # nothing has words of the new vocabulary yet


def test_a_damaged_file_is_read_anew(transactional_db, collection, caplog):
    ranked_by = add_vocabulary()
    (image,) = fill(collection, {"i": some_features(1)}, descriptor=ranked_by)
    first = AggregatedEngine(descriptor=ranked_by, assigned=1)
    first.sync()
    first.finish()
    (path,) = first.cache.folder.glob("*.vectors")
    data = bytearray(path.read_bytes())
    data[-3] ^= 255
    path.write_bytes(data)
    second = AggregatedEngine(descriptor=ranked_by, assigned=1)
    second.sync()
    assert "A cache of vectors is deleted" in caplog.text
    found, scores = second.search([some_features(1)], 1)
    assert (found.tolist(), round(float(scores[0, 0]), 5)) == ([[image.pk]], 1)


def test_damaged_words_are_left_out_and_said(collection, ranked_by, caplog):
    # Catches one damaged row that stops every search.
    good, bad = fill(
        collection, {"good": some_features(1), "bad": some_features(2)}, descriptor=ranked_by
    )
    ImageVector.objects.filter(image=bad, descriptor=ranked_by.name).update(data=b"nonsense")
    engine = get_engine(descriptor=ranked_by)
    with caplog.at_level(logging.WARNING):
        engine.sync()
    assert engine.search([some_features(1)], 9)[0].tolist() == [[good.pk]]
    assert f"words of image {bad.pk} are damaged" in caplog.text


def test_features_of_queries_belong_to_several_words(collection, ranked_by):
    # Catches an option that does nothing: with more words more pictures share one.
    fill(collection, {f"i{n}": some_features(n, count=4) for n in range(8)}, descriptor=ranked_by)
    shared = []
    for assigned in (1, 5):
        engine = AggregatedEngine(descriptor=ranked_by, cache=False, assigned=assigned)
        engine.sync()
        shared.append(int((engine.search([some_features(50, count=4)], 8)[1] > 0).sum()))
    assert shared[0] < shared[1]


@pytest.mark.parametrize(
    "options",
    [{"assigned": 0}, {"assigned": 1.5}, {"alpha": 0}, {"threshold": 1}, {"threshold": "x"}],
)
def test_options_out_of_range_are_refused(ranked_by, options, settings):
    # At the start already, not at the first search.
    with pytest.raises(ImproperlyConfigured, match="aggregated engine has"):
        AggregatedEngine(descriptor=ranked_by, **options)
    settings.SEARCH_ENGINES = {
        **settings.SEARCH_ENGINES,
        "aggregated": {"BACKEND": PATH, "OPTIONS": options},
    }
    assert [message.id for message in check_engines()] == ["search.E002"]


def test_each_kind_of_descriptor_has_its_engine(ranked_by, settings):
    assert alias_for(ranked_by) == "aggregated"
    assert isinstance(get_engine(descriptor=ranked_by), AggregatedEngine)
    assert vector_aliases() == ["default"]
    settings.SEARCH_ENGINES = {"default": settings.SEARCH_ENGINES["default"]}
    with pytest.raises(ImproperlyConfigured, match=r"no engine that takes 'rootsift\+asmk64'"):
        get_engine(descriptor=ranked_by)


def test_without_faiss_queries_say_what_to_install(collection, ranked_by, monkeypatch):
    fill(collection, {"i": some_features(1)}, descriptor=ranked_by)
    ranked_by._vocabulary = None  # which has found words before
    monkeypatch.setattr(vocabulary_module, "find_spec", lambda name: None)
    engine = AggregatedEngine(descriptor=ranked_by, cache=False)
    engine.sync()
    with pytest.raises(DescriptorError, match=r"requirements-faiss\.txt"):
        engine.search([some_features(1)], 1)
