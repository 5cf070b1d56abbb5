"""`extract_features` with several descriptors, derived ones, and those of a whole collection."""

import pytest
from django.core.management import CommandError, call_command

from catalog.descriptors import get_descriptor
from catalog.models import Collection, Image, ImageRegions
from catalog.vectorstore import vectors_of
from catalog.whitenings import learn_whitening
from tests.catalog.descriptors.tiny import use_tiny
from tests.helpers import add_image

PATH = "catalog.descriptors.pooled.PooledDescriptor"
OPTIONS = {"backbone": "tiny", "layer": "top", "pooling": "rmac", "size": 64}


@pytest.fixture(autouse=True)
def tiny(monkeypatch, settings):
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {
        "one": {"BACKEND": PATH, "OPTIONS": OPTIONS},
        "two": {"BACKEND": PATH, "OPTIONS": OPTIONS | {"pooling": "mac"}},
    }
    yield from use_tiny(monkeypatch)


@pytest.fixture
def images(collection) -> list[Image]:
    return [add_image(collection, f"i{seed}", seed=seed) for seed in range(20)]


def extract(*names: str, **options) -> None:
    call_command("extract_features", descriptor=list(names), verbosity=0, **options)


def current(name: str) -> int:
    return vectors_of(name).count(get_descriptor(name).model_id)


def test_those_of_one_network_share_its_passes(images, tiny, capsys):
    extract("one", "two", "colour-layout", batch_size=20)
    assert len(tiny.passes) == 1
    assert [current(name) for name in ("one", "two", "colour-layout")] == [20, 20, 20]
    said = capsys.readouterr().out
    assert "40 extracted, 0 failed" in said
    assert "tiny/none/top/rmac/64, tiny/none/top/mac/64" in said


def test_a_whitened_one_is_derived_and_the_rest_described(images, collection, tiny, capsys):
    # Catches pictures that are read although their vectors are there.
    extract("one", limit=18)
    learn_whitening(
        descriptor=get_descriptor("one"), collection=collection, images=collection.images, dim=5
    )
    tiny.passes.clear()
    extract("one+pca5")
    assert sum(shape[0] for shape in tiny.passes) == 2
    assert current("one+pca5") == 20
    assert "20 extracted" in capsys.readouterr().out.splitlines()[-1]
    tiny.passes.clear()
    extract("one+pca5", "one")  # the source first, in whatever order they are given
    assert current("one") == 20


def test_an_augmented_one_takes_a_whole_collection(images, collection, capsys):
    extract("one")
    with pytest.raises(CommandError, match="name it with --collection"):
        extract("one+dba2")
    extract("one+dba2", collection="places")
    assert current("one+dba2") == 20
    add_image(collection, "new", seed=99)
    with pytest.raises(CommandError, match="1 images have no current vector of “one”"):
        extract("one+dba2", collection="places")
    extract("one")
    capsys.readouterr()
    extract("one+dba2", collection="places")
    # All anew: each depends on its neighbours.
    assert "21 extracted" in capsys.readouterr().out
    assert Collection.objects.count() == 1


def test_a_dry_run_says_how_many_lack_any(images, capsys):
    extract("one", limit=15)
    capsys.readouterr()
    extract("one", "two", dry_run=True)
    assert "20 images would be extracted" in capsys.readouterr().out


def test_an_unknown_one_is_refused_before_any_work(images):
    with pytest.raises(CommandError, match="There is no descriptor “three”"):
        extract("one", "three")
    assert current("one") == 0


def test_a_picture_that_fails_keeps_no_other_descriptor_from_its_turn(images):
    # Catches an end after the first pass, and a failed picture that is tried for ever.
    images[0].file.storage.delete(images[0].file.name)
    with pytest.raises(CommandError, match="Some images failed"):
        extract("one", "colour-layout")
    assert [current(name) for name in ("one", "colour-layout")] == [19, 19]
    extract("one", "colour-layout")
    extract("one", regions=True)
    assert images[0].pk not in ImageRegions.objects.values_list("image", flat=True)
    with pytest.raises(CommandError, match="Some images failed"):
        extract("one", regions=True, retry_failed=True)
