"""RootSIFT: what it finds, how much of it, where, and what stands in its model id."""

import cv2
import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from PIL import Image, ImageDraw

from catalog.checks import check_local_descriptors
from catalog.descriptors import DescriptorError, get_any
from catalog.descriptors.local.registry import check_local, get_local
from catalog.descriptors.local.rootsift import RootSift, root
from catalog.descriptors.local.spreading import rank_in_group, spread
from tests.scenes import scene

BACKEND = "catalog.descriptors.local.rootsift.RootSift"


def test_points_lie_in_the_picture_and_the_strongest_come_first():
    few, many = (RootSift(features=n).prepare(scene(1)) for n in (50, 200))
    assert (len(few), len(many)) == (50, 200)
    assert (many.positions >= 0).all()
    assert (many.positions < many.size).all()
    assert (many.scales > 0).all()


def test_a_large_picture_is_reduced_and_says_so():
    features = RootSift(side=200).prepare(scene(1, (800, 600)))
    assert features.size == (200, 150)
    assert features.positions.max() <= 200


def test_describing_the_same_picture_twice_gives_the_same():
    first, second = RootSift(features=100).describe([scene(2), scene(2)])
    assert np.array_equal(first.descriptors, second.descriptors)
    assert np.array_equal(first.positions, second.positions)


def test_a_prepared_picture_is_not_described_again():
    local = RootSift()
    prepared = local.prepare(scene(1))
    assert local.describe_one(prepared) is prepared


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (3, 2000)])
def test_a_picture_too_small_for_sift_has_no_features(size):
    # Catches an error of OpenCV's in place of an empty set.
    assert len(RootSift().prepare(Image.new("RGB", size))) == 0


def test_a_flat_picture_has_no_features():
    assert len(RootSift().prepare(Image.new("RGB", (200, 100), (7, 7, 7)))) == 0


def test_upright_points_have_no_angle_and_come_once():
    upright = RootSift(features=10_000).prepare(scene(3))
    oriented = RootSift(features=10_000, upright=False).prepare(scene(3))
    assert not upright.angles.any()
    assert len(np.unique(oriented.angles)) > 20
    places = np.column_stack([upright.positions, upright.scales])
    assert len(np.unique(places, axis=0)) == len(upright)
    assert len(upright) < len(oriented)


def test_a_quiet_half_keeps_its_points():
    # Catches the strongest alone: a busy corner would take them all.
    picture = scene(4, (800, 400))
    quiet = Image.new("RGB", (400, 400), (128, 128, 128))
    draw = ImageDraw.Draw(quiet)
    for place in range(20):
        draw.rectangle((place * 20, place * 19, place * 20 + 12, place * 19 + 9), fill=(140,) * 3)
    picture.paste(quiet, (400, 0))
    features = RootSift(features=100).prepare(picture)
    assert (features.positions[:, 0] > 400).sum() >= 10


def test_descriptors_are_the_roots_of_sift_s_own():
    # Catches roots taken twice, or of another point: nothing fails, and pairs match a little less.
    grey = np.asarray(scene(1).convert("L"))
    features = RootSift(features=10_000, upright=False).points_of(grey)
    points, rows = cv2.SIFT.create(contrastThreshold=0.02).detectAndCompute(grey, None)
    expected = {
        (*point.pt, point.size, point.angle): np.sqrt(row / row.sum()) * 512
        for point, row in zip(points, rows, strict=True)
    }
    assert len(features) > 200
    for place in range(len(features)):
        found = (*features.positions[place], features.scales[place], features.angles[place])
        own = min(expected, key=lambda one: np.abs(np.subtract(one, found)).sum())
        assert np.abs(np.minimum(expected[own], 255) - features.descriptors[place]).max() <= 0.51


def test_root_sift_is_the_root_of_shares():
    rows = np.zeros((2, 128), np.float32)
    rows[0, :4] = 25
    assert root(rows)[0, :4].tolist() == [255] * 4  # 512 / 2, cut off at a byte
    assert root(rows)[1].max() == 0


def test_the_model_id_names_every_setting():
    # Catches features of other settings that pass for current.
    ids = {
        RootSift(**options).model_id
        for options in (
            {},
            {"features": 1000},
            {"side": 512},
            {"upright": False},
            {"contrast": 0.04},
        )
    }
    assert len(ids) == 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"features": 20_000}, "from 50 to 10000"),
        ({"features": "many"}, "takes a number"),
        ({"features": True}, "takes a number"),
        ({"side": 100.5}, "from 128"),
        ({"contrast": 0}, "from 0.001"),
        ({"contrast": float("nan")}, "takes a number"),
        ({"upright": 1}, "true or false"),
        ({"sides": 3}, "unknown sides"),
    ],
)
def test_a_wrong_declaration_is_a_system_check(settings, options, said):
    settings.SIS_LOCAL_DESCRIPTORS = {"mine": {"BACKEND": BACKEND, "OPTIONS": options}}
    with pytest.raises(ImproperlyConfigured, match=said):
        check_local("mine")
    (message,) = check_local_descriptors()
    assert message.id == "catalog.E008"


def test_a_name_cannot_be_of_both_kinds(settings):
    settings.SIS_LOCAL_DESCRIPTORS = {"fc6": BACKEND}
    with pytest.raises(ImproperlyConfigured, match="both have the name 'fc6'"):
        check_local("fc6")


@pytest.mark.parametrize("name", ["Mine", "a b", "x" * 51])
def test_a_name_that_cannot_be_stored_is_refused(settings, name):
    settings.SIS_LOCAL_DESCRIPTORS = {name: BACKEND}
    (message,) = check_local_descriptors()
    assert "use at most 50 of a-z" in message.msg


def test_declared_ones_are_found_by_name(settings):
    settings.SIS_LOCAL_DESCRIPTORS = {
        "small": {"BACKEND": BACKEND, "OPTIONS": {"features": 60, "contrast": 0.04}}
    }
    assert get_any("small") is get_local("small")
    assert get_local("small").features == 60
    assert check_local_descriptors() == []
    with pytest.raises(DescriptorError, match="small"):
        get_local("rootsift")


def test_spread_keeps_all_where_there_is_room():
    positions = np.zeros((3, 2), np.float32)
    strengths = np.array([1, 3, 2], np.float32)
    assert spread(positions, strengths, size=(9, 9), most=5, share=1).tolist() == [1, 2, 0]


def test_spread_divides_evenly_and_gives_the_rest_to_the_strongest():
    positions = np.array([[1, 1]] * 6 + [[95, 95]] * 2, np.float32)
    strengths = np.array([9, 8, 7, 6, 5, 4, 1, 0.5], np.float32)
    kept = spread(positions, strengths, size=(100, 100), most=4, share=0.5)
    assert kept.tolist() == [0, 1, 2, 6]
    assert spread(positions, strengths, size=(100, 100), most=4, share=0).tolist() == [0, 1, 2, 3]


def test_rank_in_group():
    assert rank_in_group(np.array([5, 2, 5, 5, 2])).tolist() == [0, 0, 1, 2, 1]
