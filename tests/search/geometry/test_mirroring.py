"""Mirror images, found without describing a mirrored picture."""

import numpy as np
import pytest
from PIL import ImageOps

from catalog.descriptors.local.rootsift import RootSift
from search.geometry.comparing import Comparison
from search.geometry.mirroring import mirrored
from search.geometry.rules import Rules
from search.geometry.transformations import apply
from tests.scenes import moved, scene, seen

LOCALS = [RootSift(), RootSift(upright=False)]
IDS = ["upright", "oriented"]
ALSO = Rules(mirrored=True)


@pytest.mark.parametrize("local", LOCALS, ids=IDS)
def test_a_mirror_image_is_found_only_where_the_rules_say_so(local):
    # Catches a permutation of SIFT's numbers that is another one.
    picture = scene(1)
    hit = local.prepare(ImageOps.mirror(seen(picture, moved(20, 10))))
    query = local.prepare(picture)
    assert Comparison(query, Rules()).with_hit(hit) is None
    found = Comparison(query, ALSO).with_hit(hit)
    assert found is not None
    assert found.is_mirrored
    assert found.inliers >= 50
    # From the picture's left to the hit's right, 20 to the left of its edge at 399.
    assert apply(found.matrix, np.array([(0.0, 0.0)]))[0] == pytest.approx((379, 10), abs=2)


@pytest.mark.parametrize("local", LOCALS, ids=IDS)
def test_what_is_not_mirrored_is_found_as_before(local):
    query, hit = local.prepare(scene(1)), local.prepare(seen(scene(1), moved(20, 10)))
    found = Comparison(query, ALSO).with_hit(hit)
    assert found is not None
    assert not found.is_mirrored
    assert Comparison(query, ALSO).with_hit(local.prepare(scene(2))) is None


@pytest.mark.parametrize("local", LOCALS, ids=IDS)
def test_a_mirror_of_a_mirror_is_the_picture(local):
    features = local.prepare(scene(3))
    again = mirrored(mirrored(features))
    assert np.array_equal(again.descriptors, features.descriptors)
    assert np.allclose(again.positions, features.positions, atol=1e-3)
    assert np.allclose(again.angles, features.angles, atol=1e-3)
