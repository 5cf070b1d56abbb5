"""The certified engine keeps the contract of all engines, and says how it found an answer."""

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string

from catalog.models import Image
from search.checks import check_engines
from search.engines import get_engine, reset_engines
from search.engines.cache import warn_once
from search.engines.certified import CertifiedEngine
from search.engines.certified.engine import CodedBase
from search.engines.exact import ExactEngine
from search.services import find_similar
from tests.helpers import add_image, unit_vectors

from .conformance import VectorConformance

CERTIFIED = "search.engines.certified.CertifiedEngine"


@pytest.mark.usefixtures("faiss")
class TestCertifiedEngine(VectorConformance):
    engine_path = CERTIFIED
    options = {"rerank": 1}


@pytest.mark.usefixtures("faiss", "transactional_db", "rewritten_at_every_change")
class TestCertifiedEngineOverFiles(VectorConformance):
    engine_path = "tests.search.engines.settled.SettledCertifiedEngine"
    options = {"rerank": 1}


@pytest.fixture
def engine(faiss, settings):
    """Builds the certified engine over what the database holds."""
    settings.SEARCH_ENGINES = {"default": {"BACKEND": CERTIFIED, "OPTIONS": {"rerank": 1}}}
    yield get_engine
    reset_engines()


@pytest.fixture
def filled(collection):
    vectors = unit_vectors(48, seed=1)
    return [add_image(collection, f"i{n}", vector=v) for n, v in enumerate(vectors)], vectors


def test_an_answer_says_how_it_was_found(engine, filled):
    # Random vectors are all equally far from a random query: only a scan can tell.
    found = engine()
    found.sync()
    near, far = filled[1][:1], unit_vectors(1, seed=2)
    answer = found.answer(np.concatenate([near, far]), 1)
    assert answer.methods == ("certified", "scanned")
    exact = ExactEngine(descriptor=found.descriptor)
    exact.sync()
    np.testing.assert_array_equal(answer.ids, exact.search(np.concatenate([near, far]), 1)[0])
    assert exact.answer(near, 1).methods == ("scanned",)


def test_a_small_collection_is_searched_in_codes_too(engine, filled, settings):
    # Catches a first attempt at more rows than a small collection has, which is none at all.
    settings.SEARCH_ENGINES = {"default": {"BACKEND": CERTIFIED, "OPTIONS": {"rerank": 10**6}}}
    found = engine()
    found.sync()
    assert found.answer(filled[1][:1], 1).methods == ("certified",)


def test_results_carry_the_method_to_the_page(engine, filled):
    assert find_similar(described={"fc6": filled[1][0]}, page_size=1).method == "certified"
    assert find_similar(described={"fc6": filled[1][0]}, page_size=48).method == "scanned"


def test_the_page_tells_the_methods_apart(engine, filled):
    certified, scanned = (
        render_to_string(
            "search/_method.html",
            {"results": find_similar(described={"fc6": filled[1][0]}, page_size=limit)},
        )
        for limit in (1, 48)
    )
    assert "proven" in certified
    assert "every vector compared" in scanned


def test_changes_since_the_codes_were_made_are_merged(engine, filled, collection):
    # The codes know nothing of the newcomer: only the delta does.
    images, vectors = filled
    found = engine()
    found.sync()
    newcomer = add_image(collection, "new", vector=vectors[0])
    Image.objects.filter(pk=images[1].pk).delete()
    found.sync()
    answer = found.answer(vectors[:2], 2)
    assert answer.ids[0].tolist() == [images[0].pk, newcomer.pk]
    assert images[1].pk not in answer.ids[1]


def test_negative_components_are_scanned_and_the_log_says_so(engine, filled, collection, caplog):
    negative = unit_vectors(1, seed=5)[0]
    negative[0] = -0.5
    image = add_image(collection, "negative", vector=negative / np.linalg.norm(negative))
    warn_once.cache_clear()
    found = engine()
    found.sync()
    vector = np.asarray(Image.objects.get(pk=image.pk).fc6)
    answer = found.answer(vector[None], 1)
    assert answer.ids.tolist() == [[image.pk]]
    assert answer.methods == ("scanned",)
    assert sum("negative components" in message for message in caplog.messages) == 1
    assert not isinstance(found._snapshot.base, CodedBase)


def test_a_query_with_negative_components_is_answered_exactly(engine, filled):
    found = engine()
    found.sync()
    query = filled[1][0] - 0.3 * filled[1][1]
    query = (query / np.linalg.norm(query))[None].astype(np.float32)
    exact = ExactEngine(descriptor=found.descriptor)
    exact.sync()
    for one, other in zip(found.search(query, 3), exact.search(query, 3), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_faiss_the_error_and_the_check_name_what_to_install(settings, monkeypatch):
    monkeypatch.setattr("search.engines.certified.engine.find_spec", lambda name: None)
    settings.SEARCH_ENGINES = {"default": {"BACKEND": CERTIFIED}}
    with pytest.raises(ImproperlyConfigured, match=r"requirements-faiss\.txt"):
        get_engine()
    (message,) = check_engines()
    assert "requirements-faiss.txt" in message.msg


def test_a_rerank_of_nothing_is_refused(faiss):
    with pytest.raises(ImproperlyConfigured, match="rerank must be at least 1"):
        CertifiedEngine(descriptor=None, rerank=0)
