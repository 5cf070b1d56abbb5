"""Poolings of whole maps equal their formulas, written out, and a published toolbox."""

import math

import numpy as np
import pytest

from catalog.descriptors.pooling import POOLINGS
from catalog.descriptors.pooling.whole import average, crow, gem, mac, spoc
from tests.catalog.descriptors.reference import MAPS, PUBLISHED


def random_maps(height: int, width: int, channels: int = 5, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(height, width, channels))
    return np.maximum(values, 0).astype(np.float32)


@pytest.mark.parametrize("number", MAPS)
@pytest.mark.parametrize(("pooling", "published"), [(average, "spoc"), (mac, "mac"), (gem, "gem")])
def test_the_published_toolbox_answers_the_same(pooling, published, number):
    # Catches a power or a root in the wrong place, and pooling over the wrong axes.
    found = pooling(PUBLISHED[f"map{number}"])
    np.testing.assert_allclose(found, PUBLISHED[f"{published}{number}"], rtol=1e-5)


def test_spoc_is_a_sum_weighted_by_a_gaussian_around_the_centre():
    # A sum over positions one by one, for sides that are even, odd and different.
    maps = random_maps(6, 9)
    sigma = 6 / 2 / 3
    expected = np.zeros(5)
    for row in range(6):
        for column in range(9):
            squared = (row - 2.5) ** 2 + (column - 4) ** 2
            expected += math.exp(-squared / (2 * sigma**2)) * maps[row, column].astype(float)
    np.testing.assert_allclose(spoc(maps), expected, rtol=1e-5)


def test_crow_weighs_positions_and_channels():
    # The paper's formulas, one position and one channel at a time.
    maps = random_maps(4, 7)
    total = maps.sum(axis=2).astype(float)
    norm = math.sqrt((total**2).sum())
    active = [(maps[:, :, c] > 0).sum() / 28 for c in range(5)]
    expected = []
    for channel in range(5):
        weight = math.log(sum(active) / (1e-6 + active[channel]))
        pooled = sum(
            math.sqrt(total[row, column] / norm) * maps[row, column, channel]
            for row in range(4)
            for column in range(7)
        )
        expected.append(weight * pooled)
    np.testing.assert_allclose(crow(maps), expected, rtol=1e-4)


def test_gem_lies_between_the_mean_and_the_maximum():
    maps = random_maps(5, 5) + np.float32(0.1)
    np.testing.assert_allclose(gem(maps, 1.0), average(maps), rtol=1e-5)
    np.testing.assert_allclose(gem(maps, 60.0), mac(maps), rtol=0.1)


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (16, 3)])
def test_small_and_narrow_maps_have_a_vector(name, shape):
    # Catches a level of regions of no size, a sigma of 0, a division by the last index.
    found = POOLINGS[name](random_maps(*shape) + np.float32(0.01))
    assert found.shape == (5,)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.linalg.norm(found) > 0


@pytest.mark.parametrize("name", POOLINGS)
def test_maps_of_nothing_and_below_zero_stay_finite(name):
    # Catches a logarithm of 0 and a root of a negative number: layers before a rectifier have some.
    for maps in (np.zeros((4, 4, 5), np.float32), random_maps(4, 4) - np.float32(1)):
        with np.errstate(all="raise", under="ignore"):
            assert np.isfinite(POOLINGS[name](maps)).all()
