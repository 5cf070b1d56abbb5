"""Nearly the same pictures of a collection: found, grouped, listed."""

import json
import threading
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as PillowImage

from catalog.descriptors import get_any
from catalog.descriptors.local.registry import get_local
from catalog.extraction import extract_features
from catalog.models import Collection, Image, ImageVector
from search.duplicates import copies
from search.duplicates.copies import Copies, Pair, find_copies
from search.recipes import get_recipe
from tests.scenes import scene
from tests.search.proven import COLOURS, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def images(collection) -> dict[str, Image]:
    """A photograph with a crop and a half, one with a brighter copy, and two alone."""
    one, two = scene(1, (800, 600)), scene(2, (640, 480))
    pictures = {
        "half": one.resize((400, 300), PillowImage.Resampling.LANCZOS),
        "one": one,
        "crop": one.crop((200, 100, 700, 500)),
        "two": two,
        "two_brighter": two.point(lambda value: min(255, value * 5 // 4)),
        "three": scene(3),
        "flat": PillowImage.new("RGB", (300, 200), (70, 80, 90)),
    }
    images = {name: store(collection, name, picture) for name, picture in pictures.items()}
    for name in (COLOURS, "rootsift"):
        extract_features(ids=[i.pk for i in images.values()], descriptor=get_any(name))
    return images


def find(collection: Collection, **options) -> Copies:
    return find_copies(
        collection=collection, recipe=get_recipe(COLOURS), nearest=6, local=get_local(), **options
    )


def named(groups: list[list[Pair]]) -> list[set[tuple[str, str]]]:
    return [{(pair.first.name, pair.second.name) for pair in group} for group in groups]


def test_copies_of_a_photograph_belong_together_the_largest_group_first(images, collection):
    groups = find(collection).groups()
    # The one with more pixels comes first, of three each pair once.
    assert named(groups) == [
        {("one", "half"), ("one", "crop"), ("crop", "half")},
        {("two", "two_brighter")},
    ]
    copies = {(p.first.name, p.second.name): p.copy for group in groups for p in group}
    assert copies["one", "half"].scale == pytest.approx(0.5, rel=0.01)
    assert copies["one", "crop"].shown == pytest.approx(5 / 8 * 4 / 6, abs=0.02)
    assert copies["one", "crop"].filled == 1


def test_each_pair_is_looked_at_once(images, collection, monkeypatch):
    seen = []

    def look(image, others, local, rules):
        seen.extend(frozenset({image.pk, other.pk}) for other, _score in others)
        return iter([])

    monkeypatch.setattr(copies, "copies_among", look)
    find(collection)
    assert len(seen) == len(set(seen)) == 7 * 6 // 2


def test_pictures_without_what_it_takes_are_passed_over(images, collection):
    ImageVector.objects.filter(image=images["one"]).delete()
    ImageVector.objects.filter(image=images["two"], descriptor="rootsift").delete()
    assert named(find(collection).groups()) == [{("crop", "half")}]


def test_it_can_be_stopped_and_keeps_what_was_found(images, collection):
    found = []
    result = find(collection, should_stop=lambda: len(found) > 0 or found.append(1))
    assert result.interrupted
    assert len(result.pairs) >= 1


def test_another_collection_takes_no_part(images, collection):
    other = Collection.objects.create(slug="other")
    twin = store(other, "twin", scene(1, (800, 600)))
    extract_features(ids=[twin.pk], descriptor=get_any(COLOURS))
    assert "twin" not in str(named(find(collection).groups()))


def test_the_command_lists_groups_and_how_copies_were_made(images, capsys):
    call_command("find_duplicates", collection="places", recipe=COLOURS, geometry=True, verbosity=0)
    said = capsys.readouterr().out
    assert "one  half  100 % of it, filling 100 %, 0.50 times as large, turned by 0.0°" in said
    assert said.splitlines()[-1] == "2 groups of pictures that belong together."
    call_command(
        *("find_duplicates", "--collection=places", f"--recipe={COLOURS}", "--geometry"),
        "--format=json",
        verbosity=0,
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["compared"] == 7
    assert [len(group) for group in answer["groups"]] == [3, 1]
    assert {"first", "second", "points", "scale", "shown"} <= set(answer["groups"][0][0])


def test_the_command_lists_what_is_near_by_distance(images, capsys):
    options = {"collection": "places", "recipe": COLOURS, "verbosity": 0}
    call_command("find_duplicates", distance=0.1, **options)
    assert "one  half  distance 0.0" in capsys.readouterr().out
    call_command("find_duplicates", **options, format="json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["compared"] == 7
    pairs = [pair for group in answer["groups"] for pair in group]
    assert {"first": "one", "second": "half"}.items() <= pairs[0].items()
    assert all(0 <= pair["distance"] <= answer["distance"] for pair in pairs)
    call_command("find_duplicates", distance=0, **options)
    assert "0 groups" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--collection=nowhere"], "no collection “nowhere”"),
        (["--recipe=lite0"], "features"),
        (["--recipe=nonsense"], "nonsense"),
        (["--distance=3"], "not a number from 0 to 2"),
        (["--distance=x"], "not a number from 0 to 2"),
        (["--recipe=both"], "measures no distances"),
    ],
)
def test_the_command_says_what_is_wrong(images, settings, options, complaint):
    settings.SIS_RECIPES = {"both": {"PARTS": {COLOURS: 1, "two": 1}}}
    settings.SIS_DESCRIPTORS = {
        **settings.SIS_DESCRIPTORS,
        "two": settings.SIS_DESCRIPTORS[COLOURS],
    }
    extract_features(ids=[i.pk for i in images.values()], descriptor=get_any("two"))
    with pytest.raises(CommandError, match=complaint):
        call_command(
            "find_duplicates", "--collection=places", f"--recipe={COLOURS}", *options, verbosity=0
        )


def test_the_command_needs_local_features_for_geometry(images):
    ImageVector.objects.filter(descriptor="rootsift").delete()
    with pytest.raises(CommandError, match="extract_features --collection places"):
        call_command("find_duplicates", collection="places", recipe=COLOURS, geometry=True)


def test_an_interrupt_ends_it_with_what_was_found(images, monkeypatch, capsys):
    stopped = threading.Event()
    stopped.set()

    @contextmanager
    def stop():
        yield stopped

    monkeypatch.setattr("search.management.commands.find_duplicates.stop_on_interrupt", stop)
    with pytest.raises(CommandError, match="not all pictures were compared") as caught:
        call_command("find_duplicates", collection="places", recipe=COLOURS, verbosity=0)
    assert caught.value.returncode == 130
