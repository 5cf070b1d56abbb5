"""Engines over vectors that are rows beside the image: the same feed, the same answers."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.descriptors import Descriptor, get_descriptor
from catalog.models import Collection, Image
from catalog.vectorstore import Version, vectors_of
from search.engines import get_engine, reset_engines
from tests.helpers import add_image, unit_vectors

NAME = "small"


class Small(Descriptor):
    """Nothing is described here; its vectors are written by the tests."""

    dim, model_id, trained = 64, "small/1", True

    def describe(self, images):
        raise NotImplementedError


@pytest.fixture(params=["exact.ExactEngine", "certified.CertifiedEngine"])
def engine(request, settings, db):
    if request.param.startswith("certified"):
        pytest.importorskip("faiss")
    settings.SIS_DESCRIPTORS = {**settings.SIS_DESCRIPTORS, NAME: f"{__name__}.Small"}
    path = f"search.engines.{request.param}"
    settings.SEARCH_ENGINES = {"default": {"BACKEND": path, "OPTIONS": {"cache": False}}}
    yield get_engine(descriptor=get_descriptor(NAME))
    reset_engines()


def put(image: Image, vector: np.ndarray) -> None:
    rows = [(Version(image.pk, image.sha256), vector)]
    assert vectors_of(NAME).write(rows, model_id="small/1", dim=64) == 1


@pytest.fixture
def images(collection, engine) -> list[Image]:
    images = [add_image(collection, f"i{number}") for number in range(8)]
    for image, vector in zip(images, unit_vectors(8, dim=64), strict=True):
        put(image, vector)
    engine.sync()
    return images


def nearest(engine, vector: np.ndarray, **options) -> int:
    engine.sync()
    return int(engine.search(vector[None], 1, **options)[0][0, 0])


def test_each_vector_finds_itself(engine, images):
    vectors = unit_vectors(8, dim=64)
    ids, distances = engine.search(vectors, 1)
    assert ids[:, 0].tolist() == [image.pk for image in images]
    assert not distances.any()


def test_changes_are_followed(engine, images, collection):
    fresh = unit_vectors(3, seed=7, dim=64)
    put(images[0], fresh[0])
    assert nearest(engine, fresh[0]) == images[0].pk
    late = add_image(collection, "late")
    put(late, fresh[1])
    assert nearest(engine, fresh[1]) == late.pk
    other = Collection.objects.create(slug="other")
    Image.objects.filter(pk=late.pk).update(collection=other)
    engine.sync()
    assert engine.count(within=frozenset([other.pk])) == 1
    late.delete()
    engine.sync()
    assert engine.count() == 8
    vectors_of(NAME).clear(Image.objects.filter(pk=images[1].pk))
    engine.sync()
    assert engine.count() == 7


def test_changes_of_another_descriptor_read_no_vectors(engine, images):
    # Catches every engine reading anew what only one of them has to.
    Image.objects.filter(pk=images[0].pk).update(fc6=unit_vectors(1)[0], fc6_model_id="x")
    with CaptureQueriesContext(connection) as queries:
        engine.sync()
    assert not any('"data"' in query["sql"] for query in queries)
    assert engine.count() == 8
