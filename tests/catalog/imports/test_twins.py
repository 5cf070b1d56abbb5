"""Files with equal bytes: stored once, an image each."""

import numpy as np
import pytest
from django.urls import reverse

from catalog.descriptors import get_descriptor
from catalog.extraction import extract_features, pending_ids
from catalog.imports.importer import Importer, import_directory
from catalog.models import Image, ImageVector
from tests.helpers import MODEL_ID, unit_vectors
from tests.pages import hit_ids, text, use_stand_in

from .files import counts, names, stored_files, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def twins(folder, committed):
    content = write(folder / "b.jpg", 1)
    (folder / "a.jpg").write_bytes(content)
    (folder / "sub").mkdir()
    (folder / "sub" / "c.jpg").write_bytes(content)
    return committed(folder)


def test_each_file_has_its_image_and_the_content_is_stored_once(twins, folder, committed, media):
    """Catches a labelled picture that is missing because another has its bytes."""
    assert names() == ["a", "b", "sub/c"]
    assert counts(twins) == (3, 0, 0, 2, 0)
    assert twins.duplicates == [("b.jpg", "a"), ("sub/c.jpg", "a")]
    assert len(stored_files(media)) == 1
    again = committed(folder)
    assert (counts(again), again.duplicates) == ((0, 0, 3, 2, 0), twins.duplicates)


def test_a_twin_that_comes_later_gets_the_vectors_there_are(twins, folder, committed):
    """Catches hours of extraction for copies; vectors of both places, and no errors."""
    vector = unit_vectors(1)[0]
    Image.objects.filter(name="b").update(fc6=vector, fc6_model_id=MODEL_ID)
    Image.objects.filter(name="a").update(fc6_error="Out of paper.")
    ImageVector.objects.create(
        image=Image.objects.get(name="sub/c"), descriptor="other", model_id="m", data=b"1234"
    )
    (folder / "d.jpg").write_bytes((folder / "a.jpg").read_bytes())
    committed(folder)
    image = Image.objects.get(name="d")
    assert np.array_equal(image.fc6, vector)
    assert (image.fc6_model_id, image.fc6_error) == (MODEL_ID, "")
    kept = image.vectors.defer(None).get()
    assert (kept.descriptor, kept.model_id, bytes(kept.data)) == ("other", "m", b"1234")
    assert Image.objects.get(name="a").fc6 is None


def test_a_file_that_becomes_a_twin_gets_its_vectors(twins, folder, committed):
    """Catches the vector of the old picture kept on the new one."""
    write(folder / "z.jpg", 5)
    committed(folder)
    old, new = unit_vectors(2)
    Image.objects.filter(name="z").update(fc6=old, fc6_model_id=MODEL_ID)
    Image.objects.filter(name="a").update(fc6=new, fc6_model_id=MODEL_ID)
    (folder / "z.jpg").unlink()
    (folder / "z.jpg").write_bytes((folder / "a.jpg").read_bytes())
    assert counts(committed(folder))[1] == 1
    assert np.array_equal(Image.objects.get(name="z").fc6, new)


def test_twins_in_other_collections_are_strangers(folder, committed):
    """Catches uniqueness across collections, and a file that one deletion takes from both."""
    write(folder / "a.jpg")
    committed(folder)
    Image.objects.update(fc6=unit_vectors(1)[0], fc6_model_id=MODEL_ID)
    report = import_directory(directory=folder, collection="other")
    assert counts(report) == (1, 0, 0, 0, 0)
    assert len(set(Image.objects.values_list("file", flat=True))) == 2
    assert Image.objects.get(collection__slug="other").fc6 is None


def test_the_file_stays_until_the_last_twin_goes(twins, media, django_capture_on_commit_callbacks):
    """Catches a picture that shows nothing because its twin was deleted."""
    for left in (2, 1, 0):
        with django_capture_on_commit_callbacks(execute=True):
            Image.objects.order_by("name")[0].delete()
        assert Image.objects.count() == left
        assert len(stored_files(media)) == (1 if left else 0)


@pytest.mark.django_db(transaction=True)  # files go after real commits
def test_the_file_stays_while_a_twin_that_comes_in_the_same_run_needs_it(folder, monkeypatch):
    """Catches a file released by one batch that a file looked at before it, and written after it,
    was said to be stored in."""
    monkeypatch.setattr("catalog.imports.importer.BATCH_SIZE", 1)
    content = write(folder / "a.jpg", 1)
    import_directory(directory=folder, collection="places")
    (folder / "a.jpg").unlink()
    write(folder / "a.jpg", 2, "PNG")
    real_settle = Importer.settle

    def settle(importer, name, found):
        # As if the folder were listed before the copy was made: nothing waits for it.
        importer.plan.seen.unread.clear()
        return real_settle(importer, name, found)

    monkeypatch.setattr(Importer, "settle", settle)
    (folder / "b.jpg").write_bytes(content)
    import_directory(directory=folder, collection="places")
    for image in Image.objects.all():
        assert image.file.read() == (folder / image.source_name).read_bytes()


def test_both_twins_are_extracted_and_ranked(twins, client, monkeypatch):
    """Catches a benchmark's pair of equal pictures of which one is never found."""
    use_stand_in(monkeypatch)
    ids = pending_ids(images=Image.objects.all(), descriptor=get_descriptor())
    assert extract_features(ids=ids, descriptor=get_descriptor()).extracted == 3
    first = Image.objects.order_by("pk")[0]
    page = client.get(reverse("search:similar", args=[first.pk]))
    assert sorted(hit_ids(page)) == sorted(ids)
    assert text(page).count("0.0000") >= 3
