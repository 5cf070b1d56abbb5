"""VGG16's maps are Keras's, layer by layer, and fc6's weights make them."""

import numpy as np
import pytest

from catalog.descriptors import DescriptorError
from catalog.descriptors.backbones import vgg16_maps
from catalog.descriptors.backbones.vgg16_maps import CONVOLUTIONS, Vgg16Maps, build
from catalog.descriptors.backbones.weights import Layer, untrained_layers
from tests.helpers import picture

SMALL = ("block1_conv1", "block1_conv2", "block2_conv1")


def convolved(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A 3 x 3 convolution over zeros around the picture, and a rectifier: one tap at a time."""
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    total = np.zeros((*x.shape[:2], kernel.shape[-1])) + bias
    for row in range(3):
        for column in range(3):
            shifted = padded[row : row + x.shape[0], column : column + x.shape[1]]
            total += shifted @ kernel[row, column]
    return np.maximum(total, 0)


@pytest.fixture(scope="module")
def first_layers() -> list[Layer]:
    """Of the untrained ones, with biases that matter."""
    random = np.random.default_rng(1)
    found = []
    for (name, kernel, bias), _wanted in zip(untrained_layers(), SMALL, strict=False):
        found.append((name, kernel, random.normal(size=bias.shape).astype(np.float32)))
    return found


def test_maps_are_convolutions_and_pools_in_order(first_layers):
    # Catches a pooling before the wrong layer, and a rectifier that is missing.
    pixels = np.random.default_rng(2).normal(size=(1, 11, 8, 3)).astype(np.float32)
    found = build(first_layers, SMALL)(pixels)
    one = convolved(pixels[0], *first_layers[0][1:])
    two = convolved(one, *first_layers[1][1:])
    pooled = two[:10].reshape(5, 2, 4, 2, 64).max(axis=(1, 3))
    three = convolved(pooled, *first_layers[2][1:])
    for name, expected in zip(SMALL, (one, two, three), strict=True):
        np.testing.assert_allclose(found[name].numpy()[0], expected, rtol=1e-3, atol=1e-3)


def test_layers_before_the_last_are_all_that_is_computed(first_layers):
    # A pass to the second layer needs no third one.
    pixels = np.zeros((1, 8, 8, 3), np.float32)
    assert set(build(first_layers[:2], SMALL[:2])(pixels)) == set(SMALL[:2])


@pytest.mark.slow
def test_the_weights_are_those_of_the_setting(settings, tmp_path):
    # The whole network, on a small picture; "untrained" is part of the model id.
    backbone = Vgg16Maps()
    assert (backbone.weights_id, backbone.trained) == ("untrained", False)
    pixels = backbone.network_input([picture(1, size=(48, 32))])
    layers = ["block4_conv3", "block5_conv3"]
    maps = backbone.maps(pixels, layers)
    assert [maps[name].shape for name in layers] == [(1, 4, 6, 512), (1, 2, 3, 512)]
    for name in layers:
        assert maps[name].shape[-1] == CONVOLUTIONS[name].channels
        assert maps[name].min() == 0 < maps[name].max()
    settings.SIS_WEIGHTS = str(tmp_path / "none.h5")
    assert backbone.trained
    with pytest.raises(DescriptorError, match="does not exist"):
        backbone.maps(pixels, layers)


def test_pixels_are_those_that_fc6_sees():
    from catalog.descriptors.preprocessing import network_input

    image = picture(3, size=(224, 224))
    np.testing.assert_array_equal(Vgg16Maps().network_input([image]), network_input([image]))


def test_only_convolutions_are_read(monkeypatch):
    # Catches reading fc1, which is nine tenths of the file.
    read = []

    def layers(weights, *, memory):
        for name in (*CONVOLUTIONS, "fc1"):
            read.append(name)
            yield name, np.zeros((3, 3, 3, 3), np.float32), np.zeros(3, np.float32)

    monkeypatch.setattr(vgg16_maps, "load_layers", layers)
    Vgg16Maps().maps(np.zeros((1, 32, 32, 3), np.float32), ["block1_conv1"])
    assert read == list(CONVOLUTIONS)
