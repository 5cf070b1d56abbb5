"""Whitenings are learned from stored vectors, kept as rows, and make descriptors of their own."""

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalog.deriving import augment_features, derive_features
from catalog.descriptors import DescriptorError, get_descriptor
from catalog.descriptors.whitening import learn_pca
from catalog.extraction import extract_features, pending_ids
from catalog.kept_rows import stored_names
from catalog.models import Collection, Image, Whitening
from catalog.pixels import decode
from catalog.vectorstore import Version, vectors_of
from catalog.whitenings import learn_whitening
from tests.catalog.descriptors.tiny import CHANNELS, use_tiny
from tests.helpers import add_image, picture

PATH = "catalog.descriptors.pooled.PooledDescriptor"
OPTIONS = {"backbone": "tiny", "layer": "top", "pooling": "rmac", "size": 64}


@pytest.fixture(autouse=True)
def tiny(monkeypatch, settings):
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {
        "small": {"BACKEND": PATH, "OPTIONS": OPTIONS},
        "other": {"BACKEND": PATH, "OPTIONS": OPTIONS | {"pooling": "mac"}},
        "early": {"BACKEND": PATH, "OPTIONS": OPTIONS | {"layer": "early"}},
    }
    yield from use_tiny(monkeypatch)


@pytest.fixture
def images(collection) -> list[Image]:
    """Thirty with vectors of `small`, and one without."""
    found = [add_image(collection, f"i{number:02d}", seed=number) for number in range(31)]
    extract_features(ids=[image.pk for image in found[:30]], descriptor=get_descriptor("small"))
    return found


def learn(collection: Collection, dim: int = 6, **options) -> Whitening:
    images = options.pop("images", Image.objects.all())
    return learn_whitening(
        descriptor=options.pop("descriptor", get_descriptor("small")),
        collection=collection,
        images=images,
        dim=dim,
        **options,
    )


def rows_of(images: list[Image], name: str = "small") -> np.ndarray:
    descriptor = get_descriptor(name)
    stored = vectors_of(name).of_images(
        [image.pk for image in images], model_id=descriptor.model_id, dim=descriptor.dim
    )
    return np.stack([stored[image.pk] for image in images if image.pk in stored])


def test_a_row_holds_what_was_learned_and_on_what(images, collection):
    row = learn(collection)
    assert (row.name, row.source, row.dim, row.images) == ("small+pca6", "small", 6, 30)
    assert (row.learned_on, row.benchmark) == ("places", "")
    descriptor = get_descriptor("small+pca6")
    assert descriptor.learned_on == "places"
    assert descriptor.model_id == f"tiny/none/top/rmac/64|pca6:{row.digest[:12]}"
    assert (descriptor.dim, descriptor.trained) == (6, True)
    assert "whitened to 6 numbers" in str(descriptor.title)
    rows = rows_of(images)
    np.testing.assert_allclose(descriptor.derive([rows]), learn_pca(rows, 6).apply(rows), atol=1e-5)


def test_what_follows_from_stored_vectors_is_what_pictures_give(images, collection):
    # Catches a derived vector that a query, described from pixels, cannot be compared with.
    learn(collection)
    descriptor = get_descriptor("small+pca6")
    ids = pending_ids(images=Image.objects.all(), descriptor=descriptor)
    steps: list[int] = []
    report, left = derive_features(ids=ids, descriptor=descriptor, on_progress=steps.append)
    assert (report.extracted, left, sum(steps)) == (30, [images[30].pk], 30)
    described = extract_features(ids=left, descriptor=descriptor)
    assert described.extracted == 1
    assert pending_ids(images=Image.objects.all(), descriptor=descriptor) == []
    with images[0].file.open("rb") as file:
        own = descriptor.describe([decode(file).pixels])
    np.testing.assert_allclose(rows_of(images[:1], "small+pca6"), own, atol=1e-5)


def test_deriving_stops_when_it_is_told_to(images, collection):
    learn(collection)
    report, _left = derive_features(
        ids=[image.pk for image in images],
        descriptor=get_descriptor("small+pca6"),
        should_stop=lambda: True,
    )
    assert report.interrupted
    assert report.extracted == 0


def test_a_picture_replaced_meanwhile_takes_no_vector(images, collection, monkeypatch):
    # Catches the vector of a picture that is gone.
    learn(collection)
    descriptor = get_descriptor("small+pca6")
    real = type(descriptor).derive

    def replace(self, vectors):
        Image.objects.filter(pk=images[0].pk).update(sha256="other")
        return real(self, vectors)

    monkeypatch.setattr(type(descriptor), "derive", replace)
    report, _left = derive_features(ids=[i.pk for i in images], descriptor=descriptor)
    assert (report.extracted, report.elsewhere) == (29, 1)


def test_a_vector_that_becomes_nothing_is_recorded(images, collection):
    row = learn(collection)
    descriptor = get_descriptor("small+pca6")
    mean = np.frombuffer(row.mean, "<f4")
    kept = [(Version(images[0].pk, images[0].sha256), mean)]
    vectors_of("small").write(kept, model_id=get_descriptor("small").model_id, dim=CHANNELS)
    report, _left = derive_features(ids=[images[0].pk], descriptor=descriptor)
    assert [name for name, _reason in report.failed] == ["i00"]
    facts = vectors_of("small+pca6").facts(images[0].pk, descriptor.model_id)
    assert "no features" in facts.error


def test_learned_again_it_is_another_descriptor(images, collection):
    # Catches vectors of the first whitening that are compared with those of the second.
    learn(collection)
    first = get_descriptor("small+pca6").model_id
    learn(collection)
    assert get_descriptor("small+pca6").model_id == first  # the same pictures
    images[3].delete()
    learn(collection)
    assert get_descriptor("small+pca6").model_id != first
    assert Whitening.objects.count() == 1


def test_a_source_that_changed_is_said(images, collection, settings):
    learn(collection)
    changed = {"BACKEND": PATH, "OPTIONS": OPTIONS | {"size": 128}}
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {"small": changed}
    with pytest.raises(DescriptorError, match=r"now makes tiny/none/top/rmac/128\. Learn it again"):
        _ = get_descriptor("small+pca6").model_id


def test_an_unknown_one_says_how_to_learn_it(db):
    with pytest.raises(DescriptorError, match="learn_whitening --descriptor small --collection"):
        get_descriptor("small+pca99")


def test_a_row_that_was_deleted_meanwhile_is_said(images, collection):
    learn(collection)
    descriptor = get_descriptor("small+pca6")
    Whitening.objects.all().delete()
    with pytest.raises(DescriptorError, match="There is no whitening"):
        descriptor.derive([rows_of(images)])


def test_too_few_images_are_said_with_the_remedy(images, collection):
    with pytest.raises(DescriptorError, match=r"vectors of 3 images span 2 directions, and 6 are"):
        learn(collection, images=Image.objects.filter(pk__in=[i.pk for i in images[:3]]))
    with pytest.raises(DescriptorError, match="0 of these images have a current vector of “other”"):
        learn(collection, descriptor=get_descriptor("other"))
    with pytest.raises(DescriptorError, match="too long"):
        learn(collection, dim=10**48)


def test_labelled_pairs_make_another_kind(images, collection):
    early = get_descriptor("early")
    extract_features(ids=[image.pk for image in images], descriptor=early)
    pairs = [(images[a].pk, images[b].pk) for a in range(30) for b in range(a)]
    row = learn(collection, dim=2, descriptor=early, pairs=pairs, benchmark="labels")
    assert (row.name, row.benchmark, row.images) == ("early+lw2", "labels", 30)
    descriptor = get_descriptor("early+lw2")
    assert "|lw2:" in descriptor.model_id
    found = descriptor.derive([rows_of(images, "early")])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    # Catches advice that does not help: fewer numbers of the result need no fewer directions.
    remedy = r"differ in \d directions.* have 3 numbers.*--descriptor early .*--dim \d"
    with pytest.raises(DescriptorError, match=remedy):
        learn(collection, dim=2, descriptor=early, pairs=pairs[:2], benchmark="labels")


def test_the_remedy_for_few_labels_works(images, collection):
    # Catches a second step that is refused like the first.
    early = get_descriptor("early")
    ids = [image.pk for image in images]
    extract_features(ids=ids, descriptor=early)
    learn(collection, dim=2, descriptor=early)
    first = get_descriptor("early+pca2")
    derive_features(ids=ids, descriptor=first)
    pairs = [(ids[a], ids[b]) for a in range(9) for b in range(a)]
    learn(collection, dim=1, descriptor=first, pairs=pairs, benchmark="labels")
    assert get_descriptor("early+pca2+lw1").describe([picture(77)]).shape == (1, 1)


def test_learning_takes_at_most_so_many(images, collection, monkeypatch):
    from catalog import whitenings

    monkeypatch.setattr(whitenings, "MOST_IMAGES", 16)
    assert learn(collection).images == 15  # every other one, and the last has no vector


def test_a_whitening_of_a_whitening(images, collection):
    learn(collection, dim=10)
    derive_features(ids=[i.pk for i in images], descriptor=get_descriptor("small+pca10"))
    learn(collection, dim=4, descriptor=get_descriptor("small+pca10"))
    twice = get_descriptor("small+pca10+pca4")
    rows = twice.describe([picture(77)])
    assert rows.shape == (1, 4)


def test_augmented_vectors_depend_on_the_collection(images, collection):
    descriptor = get_descriptor("small+dba2")
    with pytest.raises(DescriptorError, match="1 images have no current vector of “small”"):
        augment_features(collection=collection, descriptor=descriptor)
    images[30].delete()
    report = augment_features(collection=collection, descriptor=descriptor)
    assert report.extracted == 30
    rows, found = rows_of(images[:30]), rows_of(images[:30], "small+dba2")
    order = np.argsort(-(rows @ rows[5]))
    expected = rows[5] + rows[order[1]] * 2 / 3 + rows[order[2]] / 3
    np.testing.assert_allclose(found[5], expected / np.linalg.norm(expected), atol=1e-5)
    # A query is asked with its own vector.
    image = picture(77)
    np.testing.assert_array_equal(
        descriptor.describe([image]), get_descriptor("small").describe([image])
    )
    assert descriptor.dim == CHANNELS
    assert "2 neighbours" in str(descriptor.title)
    with pytest.raises(DescriptorError, match="depends on their collection"):
        extract_features(ids=[images[0].pk], descriptor=descriptor)
    stopped = augment_features(
        collection=collection, descriptor=descriptor, should_stop=lambda: True
    )
    assert stopped.interrupted


def test_names_of_what_is_stored_are_found_without_counting(images, collection):
    extract_features(ids=[images[0].pk], descriptor=get_descriptor("other"))
    assert stored_names() == ["other", "small"]
    vectors_of("small").clear(Image.objects.all())
    assert stored_names() == ["other"]


def test_the_administration_shows_whitenings_and_changes_none(admin_client, images, collection):
    row = learn(collection)
    page = admin_client.get(reverse("admin:catalog_whitening_changelist")).content.decode()
    assert "small+pca6" in page
    address = reverse("admin:catalog_whitening_change", args=[row.pk])
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address, {"name": "x"}).status_code == 403


def test_one_pass_extracts_several_descriptors(collection, tiny):
    found = [add_image(collection, f"p{seed}", seed=seed) for seed in range(3)]
    ids = [image.pk for image in found]
    one, two = get_descriptor("small"), get_descriptor("other")
    extract_features(ids=ids[:1], descriptor=two)
    before = vectors_of("other").facts(ids[0], two.model_id)
    tiny.passes.clear()
    report = extract_features(ids=ids, descriptor=one, also=[two])
    assert [shape[0] for shape in tiny.passes] == [3]
    assert report.extracted == 5  # one was there already
    assert vectors_of("other").facts(ids[0], two.model_id) == before
    assert len(rows_of(found)) == len(rows_of(found, "other")) == 3


@pytest.mark.parametrize("kind", ["whitened", "joined", "whitened twice"])
def test_what_builds_on_augmented_vectors_is_never_described(images, collection, settings, kind):
    # Catches the un-augmented vector of a picture, stored as current beside the others.
    images[30].delete()
    augment_features(collection=collection, descriptor=get_descriptor("small+dba2"))
    parts = {"small+dba2": 1, "small": 1}
    joined = {"BACKEND": "catalog.descriptors.joined.JoinedDescriptor", "OPTIONS": {"parts": parts}}
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {"pair": joined}
    learn(collection, dim=6, descriptor=get_descriptor("small+dba2"))
    ids = [image.pk for image in images[:30]]
    derive_features(ids=ids, descriptor=get_descriptor("small+dba2+pca6"))
    learn(collection, dim=4, descriptor=get_descriptor("small+dba2+pca6"))
    names = {"whitened": "small+dba2+pca6", "joined": "pair"}
    name = names.get(kind, "small+dba2+pca6+pca4")
    one = Image.objects.filter(pk=ids[0])
    for kept in ("small+dba2", "small+dba2+pca6", name):
        vectors_of(kept).clear(one)
    descriptor = get_descriptor(name)
    with pytest.raises(CommandError, match="1 images cannot get a vector of “"):
        call_command("extract_features", descriptor=[name], verbosity=0)
    stored = vectors_of(name)
    assert stored.count(descriptor.model_id) == 29
    assert stored.facts(ids[0], descriptor.model_id).state == "missing"
    assert not descriptor.describes_images
    # The remedy: the averages first, then what follows from them.
    extract = {"collection": "places", "verbosity": 0}
    steps = ["small+dba2", "small+dba2+pca6", name]
    for step in dict.fromkeys(steps):
        call_command("extract_features", descriptor=[step], **extract)
    assert stored.count(descriptor.model_id) == 30
