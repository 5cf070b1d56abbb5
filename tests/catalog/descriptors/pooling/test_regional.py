"""The grid of regions is the published one, and poolings over it are sums of unit vectors."""

import numpy as np
import pytest

from catalog.descriptors.pooling.regional import REGIONAL, region_vectors, regions, rgem, rmac
from catalog.descriptors.pooling.whole import gem, mac
from tests.catalog.descriptors.reference import MAPS, PUBLISHED


@pytest.mark.parametrize("number", MAPS)
def test_rmac_is_that_of_the_published_toolbox(number):
    # Catches a region that is missing, shifted by one, or counted twice.
    found = rmac(PUBLISHED[f"map{number}"])
    np.testing.assert_allclose(found, PUBLISHED[f"rmac{number}"], rtol=1e-5)


@pytest.mark.parametrize("levels", [1, 2, 3, 5])
def test_regions_lie_within_the_map_and_reach_its_ends(levels):
    for height in range(1, 24):
        for width in range(1, 24):
            found = regions(height, width, levels)
            assert found[0] == (0, 0, height, width)
            for top, left, high, wide in found:
                assert min(top, left) >= 0
                assert min(high, wide) >= 1
                assert top + high <= height
                assert left + wide <= width
            assert max(top + high for top, _left, high, _wide in found[1:]) >= height - 1
            assert max(left + wide for _top, left, _high, wide in found[1:]) >= width - 1


def test_a_square_has_one_four_and_nine_squares():
    sizes = [region[2:] for region in regions(12, 12)]
    assert sizes == [(12, 12), (12, 12), *[(8, 8)] * 4, *[(6, 6)] * 9]


def test_a_regions_vector_is_that_of_its_own_positions():
    maps = np.random.default_rng(2).random((9, 6, 4), dtype=np.float32)
    for name, pooling, pooled in (("rmac", mac, rmac), ("rgem", gem, rgem)):
        vectors = region_vectors(maps, REGIONAL[name])
        for vector, (top, left, high, wide) in zip(vectors, regions(9, 6), strict=True):
            own = pooling(maps[top : top + high, left : left + wide])
            np.testing.assert_allclose(vector, own / np.linalg.norm(own), rtol=1e-4)
        np.testing.assert_allclose(pooled(maps), vectors.sum(axis=0), rtol=1e-6)
