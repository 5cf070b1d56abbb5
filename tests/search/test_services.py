"""The one way from a query to hits, which pages and commands share."""

import numpy as np
import pytest
from PIL import Image as PillowImage

from catalog.descriptors import Descriptor
from catalog.models import Collection, Image
from catalog.pixels import PictureError
from search import services
from search.engines import reset_engines
from search.services import count_searchable, describe_picture, find_similar
from tests.helpers import add_image, picture, unit_vectors


@pytest.fixture(autouse=True)
def fresh_engines():
    reset_engines()


class StandIn(Descriptor):
    """Counts what it is given; its vector is what the test says."""

    name, dim, model_id, trained = "fc6", 4096, "vgg16/untrained/float32", False

    def __init__(self, value=1.0):
        self.value, self.sizes = value, []

    def describe(self, images):
        self.sizes += [image.size for image in images]
        return np.full((len(images), self.dim), self.value, dtype=np.float32)


@pytest.fixture
def filled(collection):
    vectors = unit_vectors(7, seed=1)
    images = [add_image(collection, f"i{n}", vector=v) for n, v in enumerate(vectors)]
    return images, vectors


def test_a_stretch_of_the_ranking_carries_ranks_and_images(filled):
    images, vectors = filled
    whole = find_similar(vector=vectors[2], limit=7)
    part = find_similar(vector=vectors[2], offset=3, limit=2)
    assert whole.hits[0].image == images[2]
    assert [hit.rank for hit in whole.hits] == [1, 2, 3, 4, 5, 6, 7]
    assert [(h.rank, h.image.pk) for h in part.hits] == [
        (h.rank, h.image.pk) for h in whole.hits[3:5]
    ]
    assert part.ranked == 7
    assert part.model_id == "vgg16/untrained/float32"
    assert find_similar(vector=vectors[2], offset=10, limit=5).hits == []


def test_what_is_left_out_is_counted_by_reason(filled, collection):
    add_image(collection, "missing")
    add_image(collection, "failed", fc6_error="broken")
    add_image(collection, "outdated", vector=unit_vectors(1)[0], model_id="other")
    counts = find_similar(vector=unit_vectors(1)[0]).counts
    assert (counts.current, counts.missing, counts.failed, counts.outdated) == (7, 1, 1, 1)
    assert (counts.left_out, counts.total) == (3, 10)


def test_nothing_left_out_means_no_counts(filled):
    assert find_similar(vector=unit_vectors(1)[0]).counts is None


def test_a_search_keeps_to_its_collection(filled):
    other = Collection.objects.create(slug="other")
    add_image(other, "there", vector=filled[1][0])
    assert count_searchable() == 8
    assert count_searchable(collection=other) == 1
    hits = find_similar(vector=filled[1][0], collection=other).hits
    assert [hit.image.name for hit in hits] == ["there"]


def test_an_image_deleted_after_the_sync_is_no_broken_hit(filled, monkeypatch):
    images, vectors = filled
    engine = services.get_engine()
    engine.sync()
    monkeypatch.setattr(engine, "sync", lambda: None)
    Image.objects.filter(pk=images[0].pk).delete()
    hits = find_similar(vector=vectors[0]).hits
    assert images[0].pk not in [hit.image.pk for hit in hits]
    assert hits[0].rank == 2  # ranks stay those of the ranking


def test_hits_load_no_vectors_and_queries_do_not_grow_with_them(
    filled, django_assert_max_num_queries
):
    with django_assert_max_num_queries(10) as captured:
        find_similar(vector=filled[1][0])
    after_load = [q["sql"] for q in captured][-2:]
    assert not any('"catalog_image"."fc6",' in sql for sql in after_load)
    with django_assert_max_num_queries(3):
        find_similar(vector=filled[1][0])


@pytest.mark.parametrize(
    ("pixels", "complaint"),
    [
        (PillowImage.new("RGB", (1, 1)), "1 × 1 pixels; at least 16 × 16"),
        (PillowImage.new("RGB", (400, 15), "red"), "400 × 15"),
        (PillowImage.new("RGB", (64, 64)), "shows nothing"),
        (PillowImage.new("RGB", (64, 64), "white"), "shows nothing"),
    ],
)
def test_pictures_that_show_nothing_are_refused_before_the_network(pixels, complaint):
    descriptor = StandIn()
    with pytest.raises(PictureError, match=complaint):
        describe_picture(pixels=pixels, descriptor=descriptor)
    assert descriptor.sizes == []


def test_a_box_is_cut_out_before_describing():
    descriptor = StandIn()
    describe_picture(pixels=picture(size=(100, 80)), box=(10, 20, 60, 200), descriptor=descriptor)
    assert descriptor.sizes == [(50, 60)]


def test_a_box_outside_the_picture_is_refused():
    with pytest.raises(PictureError, match="leaves nothing of a picture of 100 × 80"):
        describe_picture(
            pixels=picture(size=(100, 80)), box=(200, 0, 300, 50), descriptor=StandIn()
        )


def test_a_vector_without_direction_is_refused():
    with pytest.raises(PictureError, match="no features"):
        describe_picture(pixels=picture(), descriptor=StandIn(np.nan))
