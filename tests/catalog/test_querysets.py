"""Reads of the catalogue: each state of an image is counted once and found by its own query."""

import pytest

from catalog.models import Collection, Image
from catalog.querysets import FeatureCounts, UnknownCollection
from tests.helpers import MODEL_ID, add_image, unit_vectors

OLD = "vgg16/imagenet/float32"
# (has a vector, its model id, has an error) of images named by what they are.
STATES = {
    "current": (True, MODEL_ID, False),
    "current, redo failed": (True, MODEL_ID, True),
    "outdated": (True, OLD, False),
    "outdated, redo failed": (True, OLD, True),
    "failed": (False, "", True),
    "missing": (False, "", False),
    # Cannot come from our own code; whoever writes it by hand must not make it searchable.
    "model id without a vector": (False, MODEL_ID, False),
}


@pytest.fixture
def images(collection):
    vector = unit_vectors(1)[0]
    for name, (has_vector, model_id, has_error) in STATES.items():
        image = add_image(collection, name, vector=vector if has_vector else None)
        error = "It is damaged." if has_error else ""
        Image.objects.filter(pk=image.pk).update(fc6_model_id=model_id, fc6_error=error)
    return Image.objects.all()


def names(queryset) -> set[str]:
    return set(queryset.values_list("name", flat=True))


def test_each_image_counts_in_exactly_one_state(images):
    # Catches NULL logic that drops or doubles rows in negated conditions.
    assert images.feature_counts(MODEL_ID) == FeatureCounts(
        current=2, outdated=1, failed=2, missing=2
    )
    assert images.feature_counts(MODEL_ID).total == len(STATES)
    assert images.feature_counts(MODEL_ID).left_out == 5


def test_counts_depend_on_the_model_id_asked_about(images):
    assert images.feature_counts(OLD) == FeatureCounts(current=2, outdated=1, failed=2, missing=2)
    assert images.feature_counts("new") == FeatureCounts(current=0, outdated=2, failed=3, missing=2)


def test_counts_of_nothing_are_zero(db):
    # Catches an aggregate that answers None for an empty table.
    counts = Image.objects.feature_counts(MODEL_ID)
    assert (counts, counts.total, counts.left_out) == (FeatureCounts(0, 0, 0, 0), 0, 0)


def test_counting_is_one_query_without_vectors(
    images, django_assert_num_queries, no_vectors_loaded
):
    with django_assert_num_queries(1), no_vectors_loaded():
        images.feature_counts(MODEL_ID)


def test_with_current_wants_both_the_vector_and_its_model_id(images):
    assert names(images.with_current("fc6", MODEL_ID)) == {"current", "current, redo failed"}
    assert names(images.with_current("fc6", OLD)) == {"outdated", "outdated, redo failed"}
    assert names(images.with_current("fc6", "new")) == set()


def test_without_current_is_the_rest(images):
    # Catches an exclude() that loses the rows whose vector is NULL.
    current = names(images.with_current("fc6", MODEL_ID))
    assert names(images.without_current_fc6(MODEL_ID)) == set(STATES) - current


def test_outdated_failed_and_missing(images):
    assert names(images.outdated_fc6(MODEL_ID)) == {"outdated"}
    assert names(images.failed_fc6()) == {name for name in STATES if "failed" in name}
    assert names(images.missing_fc6()) == {"missing", "model id without a vector"}


def test_pending_leaves_failures_for_a_retry(images):
    first_try = {"outdated", "missing", "model id without a vector"}
    assert names(images.pending_fc6(MODEL_ID)) == first_try
    retried = first_try | {"failed", "outdated, redo failed"}
    assert names(images.pending_fc6(MODEL_ID, retry_failed=True)) == retried


def test_in_collection_and_name_contains(images, collection):
    other = Collection.objects.create(slug="other")
    add_image(other, "Current affairs")
    assert names(images.in_collection(other)) == {"Current affairs"}
    assert images.in_collection(None).count() == len(STATES) + 1
    assert names(images.name_contains("CURRENT")) == {
        "current",
        "current, redo failed",
        "Current affairs",
    }
    assert images.name_contains("").count() == len(STATES) + 1
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
    assert dict(counted) == {"places": len(STATES), "empty": 0}


def test_images_of_other_models_are_those_without_this_model_id(images):
    # Catches one of the two ranges missing, and the empty model id of those without a vector.
    found = names(images.of_other_fc6_model(MODEL_ID))
    assert found == {"outdated", "outdated, redo failed", "failed", "missing"}


def test_images_of_other_models_are_found_by_index(images):
    # Catches a condition that reads the whole table for every page of results.
    plan = images.of_other_fc6_model(MODEL_ID).explain()
    assert "catalog_image_model_id" in plan
    assert "SCAN" not in plan
