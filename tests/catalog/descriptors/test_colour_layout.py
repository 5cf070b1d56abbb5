"""Colour layout: known colours, known places, and vectors that an engine can hold."""

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageCms

from catalog.descriptors import get_descriptor
from catalog.descriptors.colour_layout import BINS, CELLS, colour_layout, histograms, lab
from tests.helpers import picture


def describe(*images: PillowImage.Image) -> np.ndarray:
    return get_descriptor("colour-layout").describe(images)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
    ],
)
def test_colours_are_those_of_the_standard(rgb, expected):
    # Published values of sRGB under D65, to two decimals.
    found = lab(np.array([[rgb]], dtype=np.uint8))[0, 0]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_colours_agree_with_a_colour_management_system():
    """Catches a wrong curve between the published points: LittleCMS, whose Lab is under D50."""
    pixels = np.asarray(picture(3, size=(64, 64)))
    srgb, to = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB", 6504)
    theirs = ImageCms.profileToProfile(PillowImage.fromarray(pixels), srgb, to, outputMode="LAB")
    lightness = np.asarray(theirs)[..., 0] * (100 / 255)
    assert np.abs(lab(pixels)[..., 0] - lightness).max() < 2.5


def test_vectors_have_length_one_and_nothing_negative():
    # Catches vectors that the certified engine could not code.
    rows = describe(*(picture(seed) for seed in range(5)), PillowImage.new("RGB", (8, 8)))
    assert rows.shape == (6, get_descriptor("colour-layout").dim)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert rows.min() >= 0


def test_histograms_hold_each_pixel_once():
    cells = lab(np.asarray(picture(1, size=(64, 64)))).reshape(CELLS, -1, 3)
    shares = histograms(cells)
    assert shares.shape == (CELLS, BINS)
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_the_same_colours_elsewhere_are_another_layout():
    # Catches a grid that is not there: a global histogram has distance 0 for these.
    left = PillowImage.new("RGB", (64, 64), "navy")
    left.paste("orange", (0, 0, 32, 64))
    right = left.transpose(PillowImage.Transpose.FLIP_LEFT_RIGHT)
    dimmed = left.point(lambda level: level * 0.9)
    a, b, c = describe(left, right, dimmed)
    assert np.linalg.norm(a - c) < 0.5 * np.linalg.norm(a - b)


def test_each_cell_describes_its_own_part_of_the_picture():
    # Catches rows and columns of the grid mixed up.
    grey = np.full((64, 64, 3), 119, dtype=np.uint8)
    changed = grey.copy()
    changed[16:32, 48:] = (255, 0, 0)
    parts = np.abs(colour_layout(changed) - colour_layout(grey))
    means, shares = parts[: CELLS * 6].reshape(CELLS, 6), parts[CELLS * 6 :].reshape(CELLS, BINS)
    assert np.flatnonzero(means.max(axis=1) > 1e-9).tolist() == [7]
    assert np.flatnonzero(shares.max(axis=1) > 1e-9).tolist() == [7]


def test_what_is_prepared_gives_the_same_vector():
    descriptor = get_descriptor("colour-layout")
    image = picture(2, size=(200, 90))
    assert (describe(descriptor.prepare(image)) == describe(image)).all()
