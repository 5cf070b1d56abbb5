"""Why nothing can be searched: no pictures, none with features, or those of another model."""

import pytest

from catalog.models import Collection
from catalog.search_words import not_searched_with, nothing_to_search
from catalog.vectorstore import vectors_of
from catalog.visibility import Scope
from tests.catalog.stand_in import StandIn
from tests.helpers import MODEL_ID, add_image, unit_vectors

pytestmark = pytest.mark.django_db


def said(collection: Collection | None = None) -> str:
    return nothing_to_search(scope=Scope.of(collection), descriptor=StandIn())


def test_no_pictures_at_all(collection):
    # Catches "run extract_features", which would do nothing.
    assert "import some with import_images" in said()
    assert "“places” contains no pictures" in said(collection)
    assert "extract_features" not in said() + said(collection)


def test_pictures_without_features(collection):
    # Catches "run import_images" where the pictures are there.
    add_image(collection, "one")
    add_image(collection, "two", fc6_error="It is damaged.")
    add_image(Collection.objects.create(slug="other"), "three")
    text = said(collection)
    assert "1 has none. Run extract_features." in text
    assert "1 failed. Try again with extract_features --retry-failed." in text
    assert "import_images" not in text
    assert "2 have none." in said()


def test_features_of_another_model_id_are_named_with_the_one_that_is_wanted(collection):
    # Catches 15 pictures with features that are called "no pictures with features".
    vectors = unit_vectors(15)
    for number, vector in enumerate(vectors):
        model_id = "vgg16/0123456789ab/float32" if number else "vgg16/imagenet/bfloat16"
        add_image(collection, f"i{number}", vector=vector, model_id=model_id)
    text = said(collection)
    assert "15 have features of another model id" in text
    # The most frequent first.
    assert "(vgg16/0123456789ab/float32, vgg16/imagenet/bfloat16)" in text
    assert f"No picture of collection “places” has features of {MODEL_ID}." in text
    assert "extract_features" in text and "SIS_WEIGHTS" in text
    assert "no pictures with features" not in text
    assert "import_images" not in text


def test_one_picture_says_what_it_lacks(collection):
    # Catches "run extract_features" where the last attempt failed, or nothing at all was tried.
    vector = unit_vectors(1)[0]
    pictures = {
        "other": add_image(collection, "a", vector=vector, model_id="other/1"),
        "failed": add_image(collection, "b", fc6_error="It is damaged."),
        "bare": add_image(collection, "c"),
    }
    facts = {kind: vectors_of("fc6").facts(row.pk, MODEL_ID) for kind, row in pictures.items()}
    words = {kind: not_searched_with(found, StandIn()) for kind, found in facts.items()}
    assert "other/1" in words["other"] and MODEL_ID in words["other"]
    assert (
        "It is damaged. Try again with “manage.py extract_features --retry-failed”."
        in words["failed"]
    )
    assert (
        words["bare"]
        == "This picture has no current features yet. Run “manage.py extract_features”."
    )
