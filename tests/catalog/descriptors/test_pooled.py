"""Pooled descriptors: what a declaration may say, and that one pass serves all poolings."""

from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.descriptors import pooled as module
from catalog.descriptors.derived import describe_together, prepare_together
from catalog.descriptors.joined import JoinedDescriptor
from catalog.descriptors.pooled import PooledDescriptor, pool_together
from catalog.descriptors.pooling import POOLINGS
from catalog.descriptors.pooling.attention import RegionalAttention
from catalog.descriptors.pooling.regional import regions
from tests.catalog.descriptors.pooling.test_attention import made_up
from tests.catalog.descriptors.tiny import CHANNELS, use_tiny
from tests.helpers import picture

OPTIONS: dict[str, Any] = {"backbone": "tiny", "layer": "top", "pooling": "gem", "size": 64}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    yield from use_tiny(monkeypatch)


def described(**changes) -> PooledDescriptor:
    return PooledDescriptor(**OPTIONS | changes)


PICTURES = [picture(seed, size=size) for seed, size in enumerate([(80, 60), (60, 80), (200, 40)])]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_vector_is_the_pooled_map_of_the_resized_picture(pooling, tiny):
    # Catches a side that is scaled wrongly, and width taken for height.
    descriptor = described(pooling=pooling)
    found = descriptor.describe(PICTURES)
    for row, image in zip(found, PICTURES, strict=True):
        scale = 64 / max(image.size)
        size = tuple(max(8, round(side * scale)) for side in image.size)
        maps = tiny.maps(tiny.network_input([image.resize(size, 3)]), ["top"])["top"][0]
        expected = POOLINGS[pooling](maps)
        np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-5)


def test_a_prepared_picture_gives_the_same_vector():
    for changes in ({}, {"squash": True}, {"scales": [1, 0.5]}, {"scales": [0.5, 2]}):
        descriptor = described(**changes)
        prepared = [descriptor.prepare(image) for image in PICTURES]
        np.testing.assert_array_equal(descriptor.describe(prepared), descriptor.describe(PICTURES))


def test_vectors_do_not_depend_on_the_batch(monkeypatch):
    # Catches rows that change places where pictures of one size are put together.
    whole = described().describe(PICTURES * 3)
    monkeypatch.setattr(module, "PIXELS_AT_A_TIME", 1)
    np.testing.assert_allclose(described().describe(PICTURES * 3), whole, atol=1e-6)
    np.testing.assert_allclose(whole[:3], whole[6:], atol=1e-6)


def test_squashed_pictures_have_one_size(tiny):
    described(squash=True).describe(PICTURES)
    assert tiny.passes == [(3, 64, 64, 3)]


@pytest.mark.parametrize("size", [(4000, 3), (3, 4000), (20, 20)])
def test_extreme_pictures_stay_within_bounds(size, tiny):
    # Catches a side of no pixels, which a network's layers make nothing of.
    found = described().describe([picture(1, size=size)])
    assert np.isfinite(found).all()
    assert max(tiny.passes[-1][1:3]) == 64
    assert min(tiny.passes[-1][1:3]) >= 8


def test_scales_are_summed_as_unit_vectors():
    parts = [described(size=size).describe(PICTURES) for size in (64, 32)]
    expected = parts[0] + parts[1]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = described(scales=[1, 0.5]).describe(PICTURES)
    # The smaller picture is made of the larger one.
    assert (found * expected).sum(axis=1).min() > 0.99


def test_one_pass_serves_all_poolings(tiny):
    first, second = described(), described(layer="early", pooling="rmac")
    together = pool_together([first, second], PICTURES[:1])
    assert len(tiny.passes) == 1
    np.testing.assert_array_equal(together[0], first.describe(PICTURES[:1]))
    np.testing.assert_array_equal(together[1], second.describe(PICTURES[:1]))


def test_descriptors_of_several_inputs_are_described_together(tiny):
    others = [described(), described(pooling="mac"), described(size=32), colours()]
    prepared = [prepare_together(others, image) for image in PICTURES[:2]]
    tiny.passes.clear()
    found = describe_together(others, prepared)
    assert len(tiny.passes) == 4  # two sizes of pictures, at two sizes of input
    for descriptor, rows in zip(others, found, strict=True):
        np.testing.assert_array_equal(rows, descriptor.describe(PICTURES[:2]))


def colours():
    return get_descriptor("colour-layout")


def test_a_black_picture_has_no_vector():
    from PIL import Image

    found = described(pooling="mac").describe([Image.new("RGB", (64, 64)), PICTURES[0]])
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


def test_regions_sum_to_the_pictures_own_vector():
    descriptor = described(pooling="rgem")
    assert descriptor.has_regions
    found = descriptor.describe_regions(PICTURES)
    for kept, own in zip(found, descriptor.describe(PICTURES), strict=True):
        total = kept.rows.sum(axis=0)
        np.testing.assert_allclose(total / np.linalg.norm(total), own, atol=1e-4)
        np.testing.assert_allclose(np.linalg.norm(kept.rows, axis=1), 1, rtol=1e-4)
    wide = found[0]
    assert wide.boxes[0].tolist() == [0, 0, 1, 1]
    assert len(wide.boxes) == len(regions(6, 8))
    assert wide.boxes.max() <= 1
    assert not described().has_regions
    assert not described(pooling="rmac", scales=[1, 0.5]).has_regions


def test_the_model_id_says_everything():
    ids = [
        described(**changes).model_id
        for changes in (
            {},
            {"pooling": "mac"},
            {"layer": "early"},
            {"size": 96},
            {"squash": True},
            {"scales": [1, 0.5]},
        )
    ]
    assert ids[0] == "tiny/none/top/gem/64"
    assert ids[-1] == "tiny/none/top/gem/64x1+0.5"
    assert len(set(ids)) == len(ids)


def test_it_tells_what_it_is():
    descriptor = described()
    assert str(descriptor.title) == "GeM (Tiny)"
    assert str(described(layer="early").title) == "GeM (Tiny, early)"
    assert descriptor.origin == "Made for tests."
    assert descriptor.purpose
    assert descriptor.trained


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "none"}, "no backbone 'none'; there are: lite0, vgg16, tiny, convnexttiny"),
        ({"layer": "last"}, "tiny has no layer 'last'; it has: early, top"),
        ({"pooling": "median"}, "no pooling 'median'; there are: average"),
        ({"size": 8}, "size is 8"),
        ({"size": 4096}, "size is 4096"),
        ({"size": "512"}, "size is '512'"),
        ({"scales": []}, "scales is"),
        ({"scales": 2}, "scales is 2"),
        ({"scales": [1, -1]}, "scales has -1"),
        ({"scales": [1, 40]}, "at every scale"),
        ({"attention": "x.npz"}, "Pooling 'attention', and no other"),
        ({"pooling": "attention"}, "Pooling 'attention', and no other"),
        ({"pooling": "attention", "attention": "/no/file.npz"}, "which is not a file"),
    ],
)
def test_a_wrong_option_is_said_with_what_it_may_be(changes, message, settings):
    # By the descriptor itself, and by the system check, which loads nothing.
    with pytest.raises(ImproperlyConfigured, match=message):
        described(**changes)


def test_the_check_finds_a_wrong_option(settings):
    from catalog.checks import check_descriptors

    path = "catalog.descriptors.pooled.PooledDescriptor"
    wrong = {"BACKEND": path, "OPTIONS": OPTIONS | {"pooling": "median"}}
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {"wrong": wrong}
    (message,) = check_descriptors()
    assert "median" in message.msg


@pytest.fixture
def weights(tmp_path, settings):
    settings.SIS_VAR_DIR = tmp_path
    path = tmp_path / "attention.npz"
    np.savez(path, **made_up(channels=CHANNELS))
    return path


def test_attention_is_read_from_the_users_file(weights, tiny):
    descriptor = described(pooling="attention", attention=str(weights))
    found = descriptor.describe(PICTURES[:1])[0]
    network = RegionalAttention.from_arrays(made_up(channels=CHANNELS), channels=CHANNELS)
    prepared = descriptor.prepare(PICTURES[0])
    maps = tiny.maps(tiny.network_input([prepared]), ["top"])["top"][0]
    expected = network(maps)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)
    assert "/attention-" in descriptor.model_id


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
@pytest.mark.parametrize("name", ["a.npz", "a.pth"])
def test_another_file_is_refused_in_words(content, name, tmp_path, settings):
    settings.SIS_VAR_DIR = tmp_path
    path = tmp_path / name
    path.write_bytes(content)
    descriptor = described(pooling="attention", attention=str(path))
    with pytest.raises(DescriptorError, match=r"needs conv_att_1\.weight \(K, 24\)"):
        descriptor.describe(PICTURES[:1])


def test_a_file_of_objects_is_not_unpickled(tmp_path, settings):
    settings.SIS_VAR_DIR = tmp_path
    path = tmp_path / "a.npz"
    np.savez(path, **{"conv_att_1.weight": np.array([print], dtype=object)}, allow_pickle=True)
    with pytest.raises(DescriptorError, match="does not hold a weighting network"):
        described(pooling="attention", attention=str(path)).describe(PICTURES[:1])


def test_a_file_that_is_gone_is_named(weights):
    descriptor = described(pooling="attention", attention=str(weights))
    weights.unlink()
    for use in (lambda: descriptor.model_id, lambda: descriptor.describe(PICTURES[:1])):
        with pytest.raises(DescriptorError, match=r"attention\.npz cannot be read"):
            use()


@pytest.fixture
def joined(settings) -> JoinedDescriptor:
    path = "catalog.descriptors.pooled.PooledDescriptor"
    declared = {
        "one": {"BACKEND": path, "OPTIONS": OPTIONS},
        "two": {"BACKEND": path, "OPTIONS": OPTIONS | {"layer": "early", "pooling": "mac"}},
    }
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | declared
    return JoinedDescriptor(parts={"one": 1, "two": 0.5})


def test_joined_similarity_is_the_weighted_mean(joined, tiny):
    # Catches weights that count twice, a norm that is not 1, and a pass for each part.
    rows = joined.describe(PICTURES)
    assert len(tiny.passes) == 3  # one for each size of picture
    similarity = rows @ rows.T
    one, two = (source.describe(PICTURES) for source in joined.sources)
    expected = (one @ one.T + 0.25 * (two @ two.T)) / 1.25
    np.testing.assert_allclose(similarity, expected, atol=1e-5)
    assert joined.dim == CHANNELS + 3
    assert joined.model_id == "1*tiny/none/top/gem/64+0.5*tiny/none/early/mac/64"
    assert joined.trained
    assert joined.origin == "Made for tests."
    assert "GeM" in joined.title


def test_joined_vectors_follow_from_stored_ones(joined):
    prepared = [joined.prepare(image) for image in PICTURES]
    derived = joined.derive([source.describe(PICTURES) for source in joined.sources])
    np.testing.assert_array_equal(joined.describe(prepared), derived)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (None, "weights by the names of two"),
        ([], "weights by the names of two"),
        ({"fc6": 1}, "weights by the names of two"),
        ({"fc6": 1, "lite0": 0}, "number above 0"),
        ({"fc6": 1, "lite0": "2"}, "number above 0"),
        ({"fc6": 1, "sift": 1}, "no descriptor: 'sift'"),
    ],
)
def test_wrong_parts_are_refused(parts, message):
    with pytest.raises(ImproperlyConfigured, match=message):
        JoinedDescriptor(parts=parts)
