"""Covers lie on every part of a picture, and heat is where they are missed."""

import numpy as np
import pytest
from PIL import Image

from search.occlusion.covering import CELLS, COVERS, SPAN, STEPS, covered, edges, heat


@pytest.mark.parametrize("size", [(80, 80), (101, 37), (9, 8)])
def test_covers_reach_every_pixel_and_no_further(size):
    # Catches an edge that is never covered because the sides are not a multiple of the cells.
    # Black and white, so that the mean is neither.
    rng = np.random.default_rng(0)
    before = np.repeat(rng.choice([0, 255], (size[1], size[0], 1)), 3, axis=2).astype(np.uint8)
    changed = np.zeros((size[1], size[0]), bool)
    pictures = list(covered(Image.fromarray(before)))
    assert len(pictures) == COVERS
    for picture in pictures:
        assert picture.size == size
        changed |= (np.asarray(picture) != before).any(axis=2)
    assert changed.all()


def test_a_cover_has_the_mean_colour():
    picture = Image.new("RGB", (16, 16), (10, 20, 30))
    picture.paste((30, 40, 50), (0, 0, 8, 16))
    first = next(covered(picture))
    assert first.getpixel((0, 0)) == (20, 30, 40)
    assert first.getpixel((15, 15)) == (10, 20, 30)


def test_heat_is_where_the_cover_is_missed():
    # Catches rows taken for columns, and cells at the edge that count for less.
    drops = np.zeros(COVERS, np.float32)
    drops[2 * STEPS + 5] = 4
    found = heat(drops)
    assert found.shape == (CELLS, CELLS)
    assert np.argwhere(found > 0).tolist() == [[2, 5], [2, 6], [3, 5], [3, 6]]
    assert edges((80, 80), 5, 2) == (50, 20, 70, 40)
    assert np.allclose(heat(np.full(COVERS, 0.25)), 0.25)
    corner = np.zeros(COVERS)
    corner[0] = 1
    assert heat(corner)[0, 0] == 1
    assert SPAN == 2
