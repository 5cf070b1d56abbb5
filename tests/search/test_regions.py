"""Searching by regions finds the part of a picture that is like the query, and shows it."""

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from PIL import Image as PillowImage

from catalog.deriving import derive_features
from catalog.descriptors import DescriptorError, get_descriptor
from catalog.extraction import clear_features, extract_features
from catalog.models import Collection, Image, ImageRegions
from catalog.pixels import decode
from catalog.regions import (
    extract_regions,
    regions_of,
    stream_regions,
    with_regions,
    without_regions,
)
from catalog.vectorstore import vectors_of
from catalog.visibility import EVERYTHING, Scope
from catalog.whitenings import learn_whitening
from evaluation.runs.ranking import NothingToSearch, check_vectors
from search.models import Query
from search.ranking import rank
from search.recipes import get_recipe
from search.regions import best_of_each, rank_by_regions
from search.services import count_searchable, nothing_to_rank
from tests.catalog.descriptors.tiny import use_tiny
from tests.helpers import add_image, encoded, picture
from tests.pages import html, upload

OPTIONS = {"backbone": "tiny", "layer": "early", "pooling": "rgem", "size": 64}


@pytest.fixture(autouse=True)
def tiny(monkeypatch, settings):
    path = "catalog.descriptors.pooled.PooledDescriptor"
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {
        "small": {"BACKEND": path, "OPTIONS": OPTIONS},
        "whole": {"BACKEND": path, "OPTIONS": OPTIONS | {"pooling": "gem"}},
    }
    settings.SIS_RECIPES = {"parts": {"PARTS": ["small"], "REGIONS": True, "TITLE": "Parts"}}
    yield from use_tiny(monkeypatch)


@pytest.fixture
def images(collection) -> list[Image]:
    return [add_image(collection, f"i{seed}", seed=seed) for seed in range(40)]


@pytest.fixture
def small():
    return with_regions(get_descriptor("small"))


def extract(images: list[Image], small) -> None:
    report = extract_regions(ids=[image.pk for image in images], descriptor=small)
    assert report.extracted == len(images)


def test_one_pass_keeps_regions_and_the_vector(images, small, tiny):
    extract(images[:3], small)
    assert ImageRegions.objects.count() == 3
    assert Image.objects.with_current("small", small.model_id).count() == 3
    tiny.passes.clear()
    report = extract_features(ids=[image.pk for image in images[:3]], descriptor=small)
    assert (report.extracted, tiny.passes) == (0, [])
    assert without_regions(Image.objects.all(), small) == [image.pk for image in images[3:]]


def test_the_nearest_region_of_each_picture_ranks_it(images, small):
    # By hand: every region of every picture, in blocks and all at once.
    extract(images, small)
    query = small.describe([picture(5), picture(6)])
    found = rank_by_regions(descriptor=small, queries=query, k=40)
    best: dict[int, float] = {}
    for block in stream_regions(small, within=None, images_at_a_time=7):
        ends = np.cumsum(block.counts)
        for pk, start, end in zip(block.ids, ends - block.counts, ends, strict=True):
            best[int(pk)] = float((block.rows[start:end] @ query[0]).max())
    expected = sorted(best, key=lambda pk: (-best[pk], pk))
    assert found.ids[0].tolist() == expected
    assert found.count == 40
    np.testing.assert_allclose(
        found.scores[0],
        [max(0, 2 - 2 * best[pk]) ** 0.5 for pk in expected],
        atol=1e-3,
    )
    assert found.regions.shape == (2, 40, 4)
    part = rank(recipe=get_recipe("parts"), queries={"small": query}, k=5)
    np.testing.assert_array_equal(part.ids, found.ids[:, :5])


def test_ties_go_to_the_first_region_and_the_first_image():
    rows = np.eye(2, dtype=np.float32)[[0, 1, 1, 1]]
    best, places = best_of_each(rows[1:2], rows, np.array([2, 2]))
    assert best.tolist() == [[1, 1]]
    assert places.tolist() == [[1, 2]]


def test_only_the_collection_and_the_current_model_are_searched(images, small, settings):
    extract(images[:3], small)
    other = Collection.objects.create(slug="other")
    extract([add_image(other, "there", seed=50)], small)
    query = small.describe([picture(50)])
    assert (
        rank_by_regions(descriptor=small, queries=query, k=9, within=frozenset([other.pk])).count
        == 1
    )
    ImageRegions.objects.filter(image=images[0]).update(model_id="old")
    assert rank_by_regions(descriptor=small, queries=query, k=9).count == 3


def test_nothing_kept_is_an_empty_answer(images, small):
    found = rank_by_regions(descriptor=small, queries=small.describe([picture(1)] * 2), k=5)
    assert found.ids.shape == (2, 0)
    assert found.regions.shape == (2, 0, 4)
    # One method a query, as of any answer: pages take the first.
    assert found.methods == ("scanned", "scanned")


def patchwork(path, seed: int) -> None:
    """A grey picture with a small coloured one in its lower right quarter."""
    canvas = PillowImage.new("RGB", (128, 128), (90, 90, 90))
    canvas.paste(picture(seed, size=(64, 64)), (64, 64))
    canvas.save(path)


def test_a_page_frames_the_part_that_was_found(client, db, tmp_path, small):
    # The corner of a picture finds that picture, with a frame around the corner.
    for seed in range(3):
        patchwork(tmp_path / f"p{seed}.png", seed)
    call_command("import_images", str(tmp_path), collection="patches", verbosity=0)
    extract(list(Image.objects.order_by("name")), small)
    fields = upload(encoded(picture(1, size=(64, 64)), "PNG")) | {"recipe": "parts"}
    response = client.post("/", fields, follow=True)
    hit = response.context["results"].hits[0]
    assert hit.image.name == "p1"
    left, top, width, height = hit.frame
    assert min(left, top) >= 32
    assert max(width, height) <= 96
    assert 'class="hit-region" viewBox="0 0 128 128"' in html(response)
    assert Query.objects.get().recipe == "parts"
    similar = client.get(reverse("search:similar", args=[hit.image.pk]), {"recipe": "parts"})
    assert similar.context["results"].hits[0].image.name == "p1"


def test_a_page_past_the_end_and_an_empty_collection(client, images, small):
    extract(images[:3], small)
    fields = upload(encoded(picture(1), "PNG")) | {"recipe": "parts"}
    address = client.post("/", fields)["Location"]
    assert client.get(address, {"page": 9}).context["results"].page == 1
    Collection.objects.create(slug="empty")
    assert client.get(address, {"collection": "empty"}).context["results"].hits == []


def test_a_replaced_picture_loses_its_regions(db, tmp_path, small):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(picture(1), "PNG"))
    for seed in (1, 2):
        path.write_bytes(encoded(picture(seed), "PNG"))
        call_command("import_images", str(tmp_path), collection="one", verbosity=0)
        assert not ImageRegions.objects.exists()
        extract(list(Image.objects.all()), small)


def test_a_picture_that_fails_stops_nothing(images, small):
    images[0].file.storage.delete(images[0].file.name)
    report = extract_regions(ids=[image.pk for image in images[:3]], descriptor=small)
    assert report.extracted == 2
    assert [name for name, _reason in report.failed] == ["i0"]
    stopped = extract_regions(ids=[images[5].pk], descriptor=small, should_stop=lambda: True)
    assert stopped.interrupted


def test_the_command_keeps_regions_on_request(images, capsys):
    call_command("extract_features", descriptor=["small"], regions=True, limit=2)
    assert ImageRegions.objects.count() == 2
    call_command("extract_features", descriptor=["small"], regions=True, dry_run=True)
    assert "38 images would be extracted" in capsys.readouterr().out
    with pytest.raises(CommandError, match="“whole” has no regions to keep"):
        call_command("extract_features", descriptor=["whole"], regions=True)


def whitened(images: list[Image], small, collection: Collection):
    learn_whitening(
        descriptor=small, collection=collection, images=Image.objects.all(), dim=2, regions=True
    )
    return get_descriptor("small+rpca2")


def test_each_region_is_whitened_before_they_are_summed(images, small, collection):
    # By hand, from the rows that are kept; and the same from pictures, as a query is described.
    extract(images, small)
    descriptor = whitened(images, small, collection)
    assert (descriptor.dim, descriptor.trained, descriptor.learned_on) == (2, True, "places")
    assert "|rpca2:" in descriptor.model_id
    assert descriptor.origin == small.origin
    ids = [image.pk for image in images]
    report, left = derive_features(ids=ids, descriptor=descriptor)
    assert (report.extracted, left) == (40, [])
    stored = vectors_of("small+rpca2").of_images(ids, model_id=descriptor.model_id, dim=2)
    rows = regions_of(ids[:1], small)[ids[0]]
    learned = descriptor.whitening
    white = (rows - learned.mean) @ learned.matrix.T
    white /= np.linalg.norm(white, axis=1, keepdims=True)
    total = white.sum(axis=0)
    np.testing.assert_allclose(stored[ids[0]], total / np.linalg.norm(total), atol=1e-4)
    with images[0].file.open("rb") as file:
        own = descriptor.describe([descriptor.prepare(decode(file).pixels)])[0]
    np.testing.assert_allclose(own, stored[ids[0]], atol=0.02)  # half floats were kept
    assert descriptor.describe([]).shape == (0, 2)


def test_images_without_kept_regions_are_described(images, small, collection):
    extract(images[:38], small)
    descriptor = whitened(images, small, collection)
    call_command("extract_features", descriptor=["small+rpca2"], verbosity=0)
    assert vectors_of("small+rpca2").count(descriptor.model_id) == 40


def test_whitening_regions_needs_kept_ones(images, small, collection, settings):
    with pytest.raises(DescriptorError, match="0 of these images have their regions of “small”"):
        whitened(images, small, collection)
    call = {"descriptor": "whole", "collection": "places", "regions": True}
    with pytest.raises(CommandError, match="“whole” has no regions"):
        call_command("learn_whitening", **call)
    with pytest.raises(CommandError, match="--regions does not go with --labelled"):
        call_command("learn_whitening", labelled="x", **call)
    extract(images, small)
    descriptor = whitened(images, small, collection)
    path = "catalog.descriptors.pooled.PooledDescriptor"
    changed = {"BACKEND": path, "OPTIONS": OPTIONS | {"pooling": "gem"}}
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {"small": changed}
    with pytest.raises(DescriptorError, match="There is no whitening"):
        descriptor.describe([picture(1)])


def test_without_kept_parts_the_remedy_is_said(client, images, small, tmp_path):
    # Catches an evaluation of mAP 0, and advice to extract what is there.
    extract_features(ids=[image.pk for image in images], descriptor=small)
    recipe = get_recipe("parts")
    assert count_searchable(recipe=recipe) == 0
    remedy = "extract_features --descriptor small --regions"
    assert remedy in nothing_to_rank(scope=EVERYTHING, recipe=recipe)
    path = tmp_path / "query.png"
    path.write_bytes(encoded(picture(1), "PNG"))
    with pytest.raises(CommandError, match=remedy):
        call_command("search_images", str(path), "--recipe", "parts")
    with pytest.raises(NothingToSearch, match=remedy):
        check_vectors(recipe, images[0].collection, "default")
    extract(images[:1], small)
    other = Collection.objects.create(slug="other")
    fields = upload(encoded(picture(1), "PNG")) | {"recipe": "parts", "collection": "other"}
    response = client.post("/", fields)
    assert response.status_code == 400
    assert remedy in html(response)
    assert count_searchable(recipe=recipe, scope=Scope.of(other)) == 0


def test_clearing_features_clears_their_parts(images, small):
    extract(images[:4], small)
    assert clear_features(images=Image.objects.filter(pk=images[0].pk), descriptor="small") == 1
    assert ImageRegions.objects.count() == 3
