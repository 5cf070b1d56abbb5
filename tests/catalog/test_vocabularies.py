"""Vocabularies are learned from stored local features, kept as rows, and give images words."""

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalog import vocabularies
from catalog.descriptors import DescriptorError, get_any
from catalog.descriptors.local import vocabulary as finding
from catalog.descriptors.local.aggregated import get_aggregated
from catalog.descriptors.local.registry import get_local
from catalog.descriptors.local.rootsift import RootSift
from catalog.learned_models import Vocabulary
from catalog.learning_jobs import ask_for_words
from catalog.models import Collection, Image, ImageVector
from catalog.vocabularies import learn_vocabulary, most_words
from tests.helpers import add_image
from tests.pages import text
from tests.scenes import scene
from tests.search.proven import store
from tests.search.words import put_features, some_features

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("faiss")]
NAME = "rootsift+asmk16"


@pytest.fixture
def faiss():
    return pytest.importorskip("faiss")


@pytest.fixture
def images(collection) -> list[Image]:
    """Six with 30 local features each, and one without any."""
    found = [add_image(collection, f"i{number}") for number in range(7)]
    for number, image in enumerate(found[:6]):
        put_features(image, some_features(number, count=30))
    return found


def learn(collection: Collection, words: int | None = 16, **options) -> Vocabulary | None:
    return learn_vocabulary(local=get_local(), collection=collection, words=words, **options)


def test_a_row_holds_what_was_learned_and_on_what(images, collection):
    row = learn(collection)
    assert (row.name, row.source, row.words) == (NAME, "rootsift", 16)
    assert (row.learned_on, row.images, row.features) == ("places", 6, 180)
    descriptor = get_any(NAME)
    assert descriptor.learned_on == "places"
    assert descriptor.model_id == f"{get_any('rootsift').model_id}|asmk16:{row.digest[:12]}"
    assert descriptor.asked_by is get_any("rootsift")
    assert str(descriptor.title) == "Local features (RootSIFT), by 16 words"
    assert descriptor.vocabulary.centroids.shape == (16, 128)


def test_the_same_features_give_the_same_words_and_others_others(images, collection):
    first = learn(collection)
    assert learn(collection).digest == first.digest
    put_features(images[0], some_features(77, count=30))
    changed = learn(collection)
    assert changed.digest != first.digest
    assert Vocabulary.objects.get().pk == changed.pk
    assert get_any(NAME).pk == changed.pk


def test_without_a_number_there_are_as_many_as_features_are_enough_for(images, collection):
    numbers = [most_words(features) for features in (0, 39 * 64 - 1, 39 * 64, 10**9)]
    assert numbers == [16, 32, 64, 65_536]
    assert learn(collection, words=None).words == 16


def test_images_get_words_from_what_is_stored(images, collection, monkeypatch, capsys):
    # Catches pictures that are decoded anew, although all it takes is there.
    learn(collection)
    monkeypatch.setattr("catalog.extraction.stored_pixels", lambda **_: pytest.fail("decoded"))
    Image.objects.filter(pk=images[6].pk).delete()
    call_command("extract_features", descriptor=NAME, verbosity=0)
    assert "6 extracted, 0 failed" in capsys.readouterr().out
    descriptor = get_any(NAME)
    row = ImageVector.objects.get(image=images[0], descriptor=NAME)
    found = descriptor.decode(row.data)
    expected = descriptor.aggregated(some_features(0, count=30))
    np.testing.assert_array_equal(found.words, expected.words)
    np.testing.assert_array_equal(found.codes, expected.codes)
    assert 1 < len(found) <= 16


def test_pictures_without_stored_features_are_looked_at(collection, images, capsys):
    # The seventh has none stored, and one has damaged ones.
    learn(collection)
    ImageVector.objects.filter(image=images[1]).update(data=b"damaged")
    call_command("extract_features", descriptor=NAME, verbosity=0)
    assert "7 extracted, 0 failed" in capsys.readouterr().out
    assert Image.objects.with_current(NAME, get_any(NAME).model_id).count() == 7


def test_words_follow_a_vocabulary_that_is_learned_anew(images, collection):
    learn(collection)
    call_command("extract_features", descriptor=NAME, verbosity=0)
    put_features(images[0], some_features(77, count=30))
    learn(collection)
    counts = Image.objects.all().feature_counts(NAME, get_any(NAME).model_id)
    assert (counts.current, counts.outdated) == (0, 7)


def test_other_features_need_another_vocabulary(images, collection, settings):
    learn(collection)
    path = f"{RootSift.__module__}.RootSift"
    settings.SIS_LOCAL_DESCRIPTORS = {"rootsift": {"BACKEND": path, "OPTIONS": {"side": 512}}}
    with pytest.raises(DescriptorError, match=r"Learn it again: manage\.py learn_vocabulary"):
        _ = get_any(NAME).model_id


def test_of_very_many_features_some_of_each_image_are_taken(images, collection, monkeypatch):
    monkeypatch.setattr(vocabularies, "MOST_FEATURES", 60)
    assert learn(collection).features == 6 * 8  # of seven images, one of them without
    monkeypatch.setattr(vocabularies, "MOST_IMAGES", 3)
    row = learn(collection)
    assert (row.images, row.features) == (2, 40)  # every third image


def test_damaged_features_are_left_out_and_said(images, collection, caplog):
    ImageVector.objects.filter(image=images[2]).update(data=b"damaged")
    assert learn(collection).images == 5
    assert f"local features of image {images[2].pk} are damaged" in caplog.text


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (8, "8 words are not from 16 to 65536"),
        (70_000, "are not from 16 to 65536"),
        (181, "cannot be learned from 180 local features"),
    ],
)
def test_numbers_of_words_that_cannot_be_are_refused(images, collection, words, complaint):
    with pytest.raises(DescriptorError, match=complaint):
        learn(collection, words=words)
    assert not Vocabulary.objects.exists()


def test_stopped_it_keeps_nothing(images, collection):
    assert learn(collection, should_stop=lambda: True) is None
    assert not Vocabulary.objects.exists()


def test_without_faiss_it_says_what_to_install(images, collection, monkeypatch):
    monkeypatch.setattr(finding, "find_spec", lambda name: None)
    with pytest.raises(DescriptorError, match=r"pip install -r requirements-faiss\.txt"):
        learn(collection)


def test_the_command_learns_and_says_how_to_go_on(images, capsys):
    call_command("learn_vocabulary", collection="places", words=16, verbosity=0)
    said = capsys.readouterr().out
    assert "Learned 16 words from 180 local features of 6 images of “places”." in said
    assert f"manage.py extract_features --descriptor {NAME}" in said


def test_the_command_says_what_is_missing(collection):
    with pytest.raises(CommandError, match="extract_features --collection places --descriptor"):
        call_command("learn_vocabulary", collection="places")
    with pytest.raises(CommandError, match="no collection “nowhere”"):
        call_command("learn_vocabulary", collection="nowhere")
    with pytest.raises(CommandError, match="no local features “fc6”"):
        call_command("learn_vocabulary", collection="places", descriptor="fc6")


def test_a_vocabulary_that_is_not_there_says_how_to_learn_it(db):
    for ask in (get_aggregated, get_any):
        with pytest.raises(DescriptorError, match="Learn one from a collection's local features"):
            ask("rootsift+asmk4096")


def test_what_has_no_vectors_is_not_exported(images, collection, tmp_path):
    learn(collection)
    with pytest.raises(CommandError, match="does not give vectors"):
        call_command("export_features", str(tmp_path / "out.npz"), descriptor=NAME)


def test_the_task_learns_and_gives_images_their_words(images, collection):
    Image.objects.filter(pk=images[6].pk).delete()
    result = ask_for_words(collection.pk, words=16)
    assert result.outcome == {
        "name": NAME,
        "extracted": 6,
        "elsewhere": 0,
        "failed": [],
        "stopped": "",
    }
    assert Image.objects.with_current(NAME, get_any(NAME).model_id).count() == 6


def test_the_admin_learns_and_shows_what_was_learned(images, collection, admin_client):
    address = reverse("admin:catalog_collection_changelist")
    asked = {"action": "learn_words", "_selected_action": [collection.pk]}
    answer = text(admin_client.post(address, asked, follow=True))
    assert f"Learned the vocabulary {NAME}." in answer
    listed = text(admin_client.get(reverse("admin:catalog_vocabulary_changelist")))
    assert NAME in listed
    row = Vocabulary.objects.get()
    page = text(admin_client.get(reverse("admin:catalog_vocabulary_change", args=[row.pk])))
    assert row.digest in page


def test_the_admin_says_why_nothing_was_learned(collection, admin_client):
    address = reverse("admin:catalog_collection_changelist")
    asked = {"action": "learn_words", "_selected_action": [collection.pk]}
    answer = text(admin_client.post(address, asked, follow=True))
    assert "No words could be learned: No image of “places” has current local features" in answer


def test_a_real_picture_has_words(collection, settings):
    # The whole way, from pixels: what a query and an image share is found.
    images = [store(collection, f"s{number}", scene(number)) for number in range(3)]
    call_command("extract_features", descriptor=["rootsift"], verbosity=0)
    learn(collection, words=64)
    call_command("extract_features", descriptor=["rootsift+asmk64"], verbosity=0)
    rows = ImageVector.objects.filter(descriptor="rootsift+asmk64")
    assert rows.count() == len(images)
    assert all(len(get_any("rootsift+asmk64").decode(row.data)) > 10 for row in rows)
