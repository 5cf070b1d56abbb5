"""Reads of the catalogue; those of features are in `test_vectorstore.py`."""

import pytest

from catalog.models import Collection, Image
from catalog.querysets import UnknownCollection
from tests.helpers import add_image

NAMES = ["current", "current, redo failed", "failed", "missing"]


@pytest.fixture
def images(collection):
    for name in NAMES:
        add_image(collection, name)
    return Image.objects.all()


def names(queryset) -> set[str]:
    return set(queryset.values_list("name", flat=True))


def test_in_collection_and_name_contains(images, collection):
    other = Collection.objects.create(slug="other")
    add_image(other, "Current affairs")
    assert names(images.in_collection(other)) == {"Current affairs"}
    assert images.in_collection(None).count() == len(NAMES) + 1
    assert names(images.name_contains("CURRENT")) == {
        "current",
        "current, redo failed",
        "Current affairs",
    }
    assert images.name_contains("").count() == len(NAMES) + 1
    assert names(images.name_contains("100%")) == set()  # no wildcard


def test_by_slug_finds_or_names_the_choices(collection):
    Collection.objects.create(slug="animals")
    assert Collection.objects.by_slug("places") == collection
    with pytest.raises(UnknownCollection, match=r"“plcaes”.*animals, places"):
        Collection.objects.by_slug("plcaes")


def test_by_slug_says_when_there_is_no_collection_at_all(db):
    with pytest.raises(UnknownCollection, match="none yet"):
        Collection.objects.by_slug("places")


def test_image_count_counts_empty_collections_too(images):
    # Catches an inner join, which drops collections without images.
    Collection.objects.create(slug="empty")
    counted = Collection.objects.with_image_count().values_list("slug", "image_count")
    assert dict(counted) == {"places": len(NAMES), "empty": 0}
