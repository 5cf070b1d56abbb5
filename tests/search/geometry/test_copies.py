"""Copies of a photograph are told from other photographs of the same thing."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from catalog.descriptors.local.registry import get_local
from search.geometry.comparing import Comparison
from search.geometry.copies import as_copy, the_other_way
from search.geometry.rules import Rules
from tests.scenes import moved, scene, seen

LARGE = (800, 600)


@pytest.fixture(scope="module")
def photograph() -> Image.Image:
    return scene(1, LARGE)


def copy_of(photograph: Image.Image, other: Image.Image):
    local = get_local()
    first, second = local.prepare(photograph), local.prepare(other)
    verified = Comparison(first, Rules(mirrored=True)).with_hit(second)
    assert verified is not None
    return as_copy(first, second, verified, sizes=(photograph.size, other.size))


def test_a_copy_is_the_whole_of_it(photograph):
    found = copy_of(photograph, photograph.convert("L").convert("RGB"))
    assert (found.shown, found.filled, found.is_mirrored) == (1, 1, False)
    assert found.scale == pytest.approx(1, abs=1e-3)
    assert found.turn == pytest.approx(0, abs=0.1)
    assert found.points > 100


def test_a_crop_says_how_much_of_it_is_shown(photograph):
    found = copy_of(photograph, photograph.crop((200, 150, 600, 450)))
    assert found.shown == pytest.approx(0.25, abs=0.02)
    assert found.filled == 1


def test_a_frame_around_it_is_not_of_it(photograph):
    found = copy_of(photograph, ImageOps.expand(photograph, (100, 0), "white"))
    assert (found.shown, found.filled) == (1, pytest.approx(0.8, abs=0.02))


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_sizes_are_those_of_the_originals(factor):
    # Of pictures that were reduced before they were looked at, too.
    large = scene(2, (1600, 1200))
    size = round(factor * large.width), round(factor * large.height)
    found = copy_of(large, large.resize(size, Image.Resampling.LANCZOS))
    assert found.scale == pytest.approx(factor, rel=5e-3)
    assert found.shown > 0.99


def test_a_turn_is_in_degrees_clockwise(photograph):
    found = copy_of(photograph, photograph.rotate(-4, Image.Resampling.BICUBIC))
    assert found.turn == pytest.approx(4, abs=0.1)
    assert 0.9 < found.shown < 1


def test_a_mirror_image_is_said_to_be_one(photograph):
    found = copy_of(photograph, ImageOps.mirror(photograph))
    assert (found.is_mirrored, found.shown) == (True, 1)
    assert found.turn == pytest.approx(0, abs=0.1)


def test_the_same_thing_from_elsewhere_is_another_photograph(photograph):
    # Nearer to one end, and as sharp: what a second camera sees.
    tilted = np.array([[1, 0.05, 0], [0, 1, 0], [1.5e-4, 0, 1]])
    assert copy_of(photograph, seen(photograph, tilted)) is None


def test_few_points_of_many_are_another_photograph(photograph):
    # The same size all over, as of a thing far away; the rest of the picture shows something else.
    other = scene(7, LARGE)
    other.paste(photograph.crop((0, 0, 220, 170)), (0, 0))
    assert copy_of(photograph, other) is None


def test_the_other_way_is_the_inverse(photograph):
    local = get_local()
    sides = local.prepare(photograph), local.prepare(seen(photograph, moved(30, 10, scale=0.8)))
    verified = Comparison(sides[0], Rules()).with_hit(sides[1])
    there = as_copy(*sides, verified, sizes=(LARGE, LARGE))
    back = as_copy(*sides[::-1], the_other_way(verified), sizes=(LARGE, LARGE))
    assert there.scale == pytest.approx(0.8, rel=5e-3)
    assert back.scale == pytest.approx(1 / there.scale, rel=5e-3)
    assert back.shown == pytest.approx(there.filled, abs=0.01)
