"""Whether one picture shows what another does: proven where it does, and nowhere else."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from catalog.descriptors.local.features import LocalFeatures
from catalog.descriptors.local.rootsift import RootSift
from search.geometry.matching import match
from search.geometry.rules import Rules
from search.geometry.sides import Side
from search.geometry.transformations import (
    agreeing_with_one,
    apply,
    distances,
    fit_affine,
    inverse,
    local_scales,
)
from search.geometry.verification import is_plausible, number_of_places, verify
from tests.scenes import SIZE, moved, scene, seen

UPRIGHT, ORIENTED = RootSift(), RootSift(upright=False)
PERSPECTIVE = np.array([[0.95, 0.08, 12], [0.03, 0.9, 9], [0.0003, 0.0002, 1]])


def side(picture: Image.Image, local: RootSift = UPRIGHT) -> Side:
    return Side(local.prepare(picture))


def proof(query: Image.Image, hit: Image.Image, local: RootSift = UPRIGHT):
    return verify(side(query, local), side(hit, local), Rules())


@pytest.mark.parametrize(
    ("matrix", "least"),
    [
        (moved(30, -20), 60),
        (moved(scale=0.5), 20),
        (moved(scale=2), 20),
        (moved(20, 15, scale=0.8, turn=4), 30),
        (PERSPECTIVE, 30),
    ],
    ids=["shifted", "half as large", "twice as large", "turned a little", "in perspective"],
)
def test_another_view_of_the_same_is_proven_and_where(matrix, least):
    picture = scene(1)
    size = (800, 600) if matrix[0, 0] == 2 else SIZE
    found = proof(picture, seen(picture, matrix, size))
    assert found is not None
    assert found.inliers >= least
    points = np.array([(100.0, 100.0), (300.0, 100.0), (200.0, 200.0)])
    # Pixels of both analysed pictures: neither was reduced.
    assert np.abs(apply(found.matrix, points) - apply(matrix, points)).max() < 3


def test_a_small_part_is_found_in_the_whole():
    picture = scene(2, (900, 700))
    found = proof(picture.crop((300, 200, 600, 420)), picture)
    assert found is not None
    corner = apply(found.matrix, np.array([(0.0, 0.0)]))[0]
    assert np.abs(corner - (300, 200)).max() < 2


@pytest.mark.parametrize("local", [UPRIGHT, ORIENTED], ids=["upright", "oriented"])
def test_pictures_that_share_nothing_are_not_proven(local):
    pictures = [side(scene(seed), local) for seed in range(20, 32)]
    assert not any(verify(a, b, Rules()) for a in pictures for b in pictures if a is not b)


def test_a_turned_picture_needs_oriented_points():
    picture = scene(3)
    turned = picture.rotate(90, expand=True)
    assert proof(picture, turned) is None
    found = proof(picture, turned, ORIENTED)
    assert found is not None
    assert found.inliers >= 50


def test_a_mirrored_copy_is_not_the_same():
    picture = scene(4)
    assert proof(picture, ImageOps.mirror(picture)) is None
    assert proof(picture, ImageOps.mirror(picture), ORIENTED) is None


def fence(step: int, thick: int) -> Image.Image:
    picture = Image.new("RGB", SIZE, (200, 200, 200))
    draw = ImageDraw.Draw(picture)
    for x in range(0, SIZE[0], step):
        draw.rectangle((x, 20, x + thick, 280), fill=(30, 30, 30))
    return picture


def test_two_fences_are_not_the_same():
    # What repeats has no nearest neighbour that stands out.
    assert proof(fence(12, 4), fence(17, 6)) is None


def test_no_features_and_few_are_no_proof():
    flat = side(Image.new("RGB", SIZE, (5, 5, 5)))
    full = side(scene(1))
    few = Side(full.features.take(slice(0, 7)))
    assert verify(flat, full, Rules()) is None
    assert verify(full, flat, Rules()) is None
    assert verify(few, full, Rules()) is None
    assert verify(full, few, Rules()) is None


def test_the_same_pair_gives_the_same_every_time():
    # Catches a sampler that starts elsewhere: a page and its proof would differ.
    picture = scene(6)
    hit = seen(picture, PERSPECTIVE)
    first, second = proof(picture, hit), proof(picture, hit)
    assert first is not None
    assert second is not None
    assert np.array_equal(first.matrix, second.matrix)
    assert first.inliers == second.inliers


def test_a_place_counts_once():
    # Ten thousand matches of one lantern are one place.
    points = np.array([(10.0, 10.0), (10.4, 10.2), (40.0, 10.0)])
    assert number_of_places(points, 8) == 2
    picture = side(scene(1))
    one = Side(repeated(picture.features, 40))
    assert verify(one, one, Rules()) is None


def repeated(features: LocalFeatures, number: int) -> LocalFeatures:
    """Different descriptors, all at nearly one place."""
    part = features.take(slice(0, number))
    positions = np.full_like(part.positions, 100) + np.linspace(0, 3, number)[:, None]
    return LocalFeatures(
        part.size, positions.astype(np.float32), part.scales, part.angles, part.descriptors
    )


@pytest.mark.parametrize(
    ("matrix", "plausible"),
    [
        (moved(scale=1), True),
        (moved(scale=7), True),
        (moved(scale=9), False),
        (moved(scale=1 / 9), False),
        (np.diag([-1.0, 1, 1]), False),
        (np.diag([1.0, 0.1, 1]), False),
        (np.array([[1, 0, 0], [0, 1, 0], [-0.02, 0, 1.0]]), False),
    ],
    ids=["as it is", "7 times", "9 times", "a ninth", "mirrored", "squeezed", "behind"],
)
def test_what_no_camera_does_is_no_proof(matrix, plausible):
    points = np.array([(0.0, 0.0), (100.0, 0.0), (100.0, 80.0)])
    assert is_plausible(matrix, points, Rules()) is plausible


def test_matches_are_mutual_and_stand_out():
    rows = np.eye(128, dtype=np.float32)
    near = rows[0] * 0.99 + rows[1] * 0.1
    query = np.stack([rows[0], rows[2], near / np.linalg.norm(near)])
    hit = np.stack([rows[0], rows[2], rows[5], rows[2]])
    found = match(query, hit, ratio=0.8, fewest=1)
    # The third is nearest to the first of the hit, which has a nearer one; the second has two.
    assert found.query.tolist() == [0]
    assert found.hit.tolist() == [0]
    assert found.ratios[0] < 0.01


def test_one_of_a_hit_is_matched_once():
    rows = np.eye(128, dtype=np.float32)
    found = match(np.stack([rows[0], rows[0]]), rows[:4], ratio=0.8, fewest=1)
    assert (found.query.tolist(), found.hit.tolist()) == ([0], [0])


def test_too_few_are_given_up_early():
    rows = np.eye(128, dtype=np.float32)
    assert len(match(rows[:5], rows, ratio=0.8, fewest=6)) == 0
    assert len(match(rows[:9], np.tile(rows[:2], (5, 1)), ratio=0.8, fewest=6)) == 0


def test_every_match_votes_for_one_similarity():
    start = np.random.default_rng(2).uniform(0, 100, (30, 2))
    end = apply(moved(10, 5, scale=1.5), start)
    end[20:] += 400
    scales, turns = np.full(30, 1.5), np.zeros(30)
    scales[19] = 9  # the right place by chance
    agree = agreeing_with_one(start, end, scales, turns, tolerance=2)
    assert agree[:19].all()
    assert not agree[19]


def test_transformations_fit_and_turn_back():
    start = np.random.default_rng(3).uniform(0, 100, (9, 2))
    matrix = np.array([[1.1, 0.2, 5], [-0.1, 0.9, 8], [0, 0, 1]])
    assert np.allclose(fit_affine(start, apply(matrix, start)), matrix)
    there = apply(PERSPECTIVE, start)
    assert np.allclose(apply(inverse(PERSPECTIVE), there), start)
    assert np.allclose(distances(PERSPECTIVE, start, there + np.array((3, 4))), 5)
    assert np.isinf(distances(np.zeros((3, 3)), start, start)).all()


def test_local_scales_are_those_of_a_tiny_step():
    # Against the definition: what a small circle around a point becomes.
    point = np.array([[120.0, 60.0]])
    step = 1e-4
    columns = [
        (apply(PERSPECTIVE, point + np.array(d) * step) - apply(PERSPECTIVE, point))[0] / step
        for d in ((1, 0), (0, 1))
    ]
    expected = np.linalg.svd(np.array(columns).T, compute_uv=False)
    assert np.allclose(local_scales(PERSPECTIVE, point)[0], expected, rtol=1e-4)
