"""Pictures made worse: what stays, what goes, and that a seed repeats them."""

import numpy as np
import pytest
from PIL import Image

from evaluation.measures import distortions
from evaluation.measures.distortions import DISTORTIONS, distorted
from tests.helpers import picture


def pixels(image):
    return np.asarray(image, np.int16)


@pytest.fixture
def landscape():
    return picture(3, size=(200, 100))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_seed_gives_the_same_pictures_and_another_others(landscape):
    # Catches trials that cannot be repeated, and parts that are always the same corner.
    def made(seed, number=0):
        return {kind: p.tobytes() for kind, p in distorted(landscape, seed=seed, number=number)}

    assert made(1) == made(1)
    assert list(made(1)) == list(DISTORTIONS)
    assert made(1)["crop"] != made(2)["crop"]
    assert made(1)["crop"] != made(1, number=1)["crop"]


def test_a_crop_keeps_the_share_of_the_area_and_the_shape(landscape):
    # Catches 30 % of each side, which is 9 % of the area.
    part = distortions.cropped(landscape, rng(), area=0.3)
    assert part.width * part.height == pytest.approx(0.3 * 200 * 100, rel=0.03)
    assert part.width / part.height == pytest.approx(2, rel=0.03)


def test_a_mirrored_part_is_mirrored(landscape):
    # Catches a flip upside down, and a part of another place.
    part = distortions.cropped(landscape, rng(), area=distortions.CROP_AREA)
    assert np.array_equal(pixels(distortions.mirrored(landscape, rng())), pixels(part)[:, ::-1])


def test_exposures_change_every_band_in_the_right_direction():
    # Catches a table of levels for one band only, and gammas the wrong way round.
    grey = Image.new("RGB", (40, 40), (128, 128, 128))
    assert pixels(distortions.darkened(grey, rng()))[0, 0].tolist() == [46] * 3
    assert pixels(distortions.brightened(grey, rng()))[0, 0].tolist() == [194] * 3
    ends = Image.new("RGB", (2, 2), (0, 255, 0))
    assert pixels(distortions.with_gamma(ends, 2.5))[0, 0].tolist() == [0, 255, 0]


def test_a_detail_is_smaller_than_a_crop(landscape):
    # Catches a detail that is as easy as any other crop.
    part, crop = distortions.detail(landscape, rng()), distortions.cropped(landscape, rng())
    assert part.width * part.height < 0.5 * crop.width * crop.height


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 50)])
def test_tiny_pictures_do_not_fail(size):
    for kind, made in distorted(Image.new("RGB", size), seed=0, number=0):
        assert min(made.size) >= 1, kind
