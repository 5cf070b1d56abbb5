"""From a picture to a checked vector: one way for pages, commands, extraction and evaluation."""

import errno
from io import BytesIO

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image as PillowImage

from catalog import rereading
from catalog.describing import describe_many, describe_query, stored_pixels
from catalog.descriptors import Descriptor
from catalog.pixels import Fault, PictureError
from catalog.trouble.storage import StorageAway
from tests.helpers import encoded, picture


class StandIn(Descriptor):
    """Counts what it is given; its vectors are filled with what the test says."""

    name, dim, model_id, trained = "fc6", 4096, "vgg16/untrained/float32", False

    def __init__(self, *values: float):
        self.values = values or (1.0,)
        self.sizes: list[tuple[int, int]] = []

    def describe(self, images):
        self.sizes += [image.size for image in images]
        rows = np.empty((len(images), self.dim), dtype=np.float32)
        rows[:] = np.resize(self.values, len(images))[:, None]
        return rows


@pytest.mark.parametrize(
    ("pixels", "fault", "complaint"),
    [
        (PillowImage.new("RGB", (1, 1)), Fault.TOO_SMALL, "1 × 1 pixels; at least 16 × 16"),
        (PillowImage.new("RGB", (400, 15), "red"), Fault.TOO_SMALL, "400 × 15"),
        (PillowImage.new("RGB", (64, 64)), Fault.UNIFORM, "is a single colour"),
        (PillowImage.new("RGB", (64, 64), "white"), Fault.UNIFORM, "is a single colour"),
    ],
)
def test_queries_that_show_nothing_are_refused_before_the_network(pixels, fault, complaint):
    descriptor = StandIn()
    with pytest.raises(PictureError, match=complaint) as refusal:
        describe_query(pixels=pixels, descriptors=[descriptor])
    assert refusal.value.fault is fault
    assert descriptor.sizes == []


def test_a_box_is_cut_out_before_describing():
    descriptor = StandIn()
    describe_query(pixels=picture(size=(100, 80)), box=(10, 20, 60, 200), descriptors=[descriptor])
    assert descriptor.sizes == [(50, 60)]


def test_a_box_outside_the_picture_is_refused():
    with pytest.raises(PictureError, match="leaves nothing of a picture of 100 × 80") as refusal:
        describe_query(
            pixels=picture(size=(100, 80)), box=(200, 0, 300, 50), descriptors=[StandIn()]
        )
    assert refusal.value.fault is Fault.OUTSIDE


def test_a_vector_without_direction_is_refused():
    with pytest.raises(PictureError, match="no features") as refusal:
        describe_query(pixels=picture(), descriptors=[StandIn(np.nan)])
    assert refusal.value.fault is Fault.NO_FEATURES


def test_images_of_a_collection_are_described_whatever_they_show():
    """Catches the rule for queries being applied to what is searched."""
    grey = PillowImage.new("RGB", (4, 4), "grey")
    described = describe_many(pictures=[grey, picture()], descriptor=StandIn())
    assert [isinstance(vector, np.ndarray) for vector in described] == [True, True]


def test_each_picture_has_its_own_outcome_in_order():
    """Catches one bad vector that takes its batch along, or shifts the others."""
    pictures = [picture(seed) for seed in range(3)]
    first, second, third = describe_many(pictures=pictures, descriptor=StandIn(1.0, np.inf, 3.0))
    assert (first[0], third[0]) == (1, 3)
    assert isinstance(second, PictureError)
    assert second.fault is Fault.NO_FEATURES


def test_nothing_to_describe_loads_no_network():
    descriptor = StandIn()
    assert describe_many(pictures=[], descriptor=descriptor) == []
    assert descriptor.sizes == []


def test_stored_pictures_are_read_or_refused_by_reason():
    default_storage.save("good.png", ContentFile(encoded(picture(), "PNG")))
    default_storage.save("bad.png", ContentFile(encoded(picture(), "PNG")[:200]))
    assert stored_pixels(file="good.png", storage=default_storage).size == (64, 48)
    for name, fault in (("bad.png", Fault.DAMAGED), ("gone.png", Fault.MISSING)):
        with pytest.raises(PictureError) as refusal:
            stored_pixels(file=name, storage=default_storage)
        assert refusal.value.fault is fault


def test_a_storage_that_fails_in_its_own_way_is_a_reason_not_a_crash():
    class Broken:
        def open(self, name):
            raise RuntimeError("English of a library")

    with pytest.raises(PictureError, match=r"x\.png cannot be read \(.*RuntimeError\)") as refusal:
        stored_pixels(file="x.png", storage=Broken())
    assert refusal.value.fault is Fault.UNREADABLE
    assert "English" not in str(refusal.value)


def test_a_media_folder_that_is_not_there_is_no_pictures_fault(media):
    """Catches a disk that is not mounted, told of every picture as "missing from the storage"."""
    with pytest.raises(StorageAway, match=r"media cannot be read: No such file.*mounted"):
        stored_pixels(file="images/places/ab/x.png", storage=default_storage)
    (media / "images").mkdir(parents=True)
    with pytest.raises(PictureError, match="missing"):
        stored_pixels(file="images/places/ab/x.png", storage=default_storage)


class Failing(BytesIO):
    """A picture's file on a disk that fails while it is read."""

    def read(self, *_size):
        raise OSError(errno.EIO, "Input/output error")


def test_a_disk_that_fails_is_not_a_damaged_picture(monkeypatch):
    """Catches an error of the disk that is told, and kept, as damage of the picture."""
    monkeypatch.setattr(default_storage, "open", lambda name: Failing(encoded(picture(1))))
    with pytest.raises(PictureError) as caught:
        stored_pixels(file="x.jpg", storage=default_storage)
    assert caught.value.fault is Fault.UNREADABLE
    assert rereading.differs("x.jpg", default_storage) is None
