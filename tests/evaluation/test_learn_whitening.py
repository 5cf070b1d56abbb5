"""`learn_whitening`: which images it learns from, and that runs say what they have seen."""

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from catalog.descriptors import get_descriptor
from catalog.models import Collection, Image, Whitening
from catalog.vectorstore import Version, vectors_of
from evaluation.models import Benchmark
from evaluation.runs.recipes import saw
from evaluation.same_things import labelled_images, pairs_of
from search.recipes import get_recipe
from tests.helpers import add_image

COLOURS = "colour-layout"


@pytest.fixture
def images(collection) -> dict[str, Image]:
    """Forty with vectors that span forty directions."""
    found = {f"i{n:02d}": add_image(collection, f"i{n:02d}", seed=n) for n in range(40)}
    rows = np.abs(np.random.default_rng(1).normal(size=(40, 864))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    kept = [(Version(i.pk, i.sha256), row) for i, row in zip(found.values(), rows, strict=True)]
    vectors_of(COLOURS).write(kept, model_id=get_descriptor(COLOURS).model_id, dim=864)
    return found


@pytest.fixture
def benchmark_of(images, collection, tmp_path) -> Benchmark:
    """Two landmarks: i00, i01, i02 show one, i03 and i04 the other; i05 is junk."""
    lines = {
        "a_1": {"query": "i00 0 0 9 9", "good": "i00\ni01", "ok": "i02", "junk": "i05"},
        "a_2": {"query": "i01 0 0 9 9", "good": "i00\ni01", "ok": "i02", "junk": "i05"},
        "b_1": {"query": "i03 0 0 9 9", "good": "i03", "ok": "i04\nabsent", "junk": ""},
    }
    folder = tmp_path / "labels"
    folder.mkdir()
    for topic, labels in lines.items():
        for label, text in labels.items():
            (folder / f"{topic}_{label}.txt").write_text(text)
    call_command(
        "import_groundtruth", str(folder), collection="places", benchmark="labels", verbosity=0
    )
    return Benchmark.objects.get()


def learn(**options) -> Whitening:
    call_command(
        "learn_whitening", descriptor=COLOURS, collection="places", dim=4, verbosity=0, **options
    )
    return Whitening.objects.get()


def test_labels_name_images_and_pair_those_of_a_landmark(benchmark_of, images, collection):
    pk = {name: image.pk for name, image in images.items()}
    named = sorted(pk[f"i{n:02d}"] for n in range(6))
    assert labelled_images(benchmark_of, collection) == named
    pairs = [("i00", "i01"), ("i00", "i02"), ("i01", "i02"), ("i03", "i04")]
    assert pairs_of(benchmark_of, collection) == sorted((pk[a], pk[b]) for a, b in pairs)


def test_it_learns_from_all_or_from_distractors_alone(benchmark_of, capsys):
    assert learn().images == 40
    assert "Learned colour-layout+pca4 from 40 images of “places”." in capsys.readouterr().out
    assert learn(unlabelled="labels").images == 34


def test_a_run_that_has_seen_its_collection_is_marked(benchmark_of, collection):
    learn()
    assert saw(get_recipe("colour-layout+pca4"), collection)
    assert not saw(get_recipe(COLOURS), collection)
    other = Collection.objects.create(slug="other")
    assert not saw(get_recipe("colour-layout+pca4"), other)


def test_labelled_needs_as_many_directions_as_numbers(benchmark_of):
    with pytest.raises(
        CommandError,
        match=r"differ in \d directions, and vectors of “colour-layout” have 864 numbers",
    ):
        learn(labelled="labels")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unlabelled": "none"}, "There is no benchmark “none”"),
        ({"collection": "none"}, "There is no collection “none”"),
        ({"descriptor": "none"}, "There is no descriptor “none”"),
    ],
)
def test_unknown_names_are_said(benchmark_of, options, message):
    given = {"descriptor": COLOURS, "collection": "places"} | options
    with pytest.raises(CommandError, match=message):
        call_command("learn_whitening", verbosity=0, **given)


def test_labels_of_another_collection_teach_nothing(benchmark_of, images):
    Image.objects.filter(name__lt="i06").delete()
    with pytest.raises(CommandError, match="calls no two images of “places” the same"):
        learn(labelled="labels")


def test_long_vectors_are_announced(collection, capsys):
    with pytest.raises(CommandError, match="0 of these images"):
        call_command("learn_whitening", descriptor="fc6", collection="places", dim=4)
    assert "a minute or two" in capsys.readouterr().err
