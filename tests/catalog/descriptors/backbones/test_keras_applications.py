"""Networks of keras.applications: known by name without Keras, and their failures in words."""

import subprocess
import sys

import numpy as np
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from catalog.descriptors import DescriptorError
from catalog.descriptors.backbones import keras_applications
from catalog.descriptors.backbones.keras_applications import NETWORKS, KerasBackbone
from catalog.descriptors.backbones.registry import get_backbone
from catalog.descriptors.pooled import PooledDescriptor
from tests.helpers import picture


def test_asking_for_one_imports_no_keras():
    # Catches a page that waits seconds for a network that it does not use.
    program = (
        "import sys, django; django.setup(); "
        "from catalog.descriptors.pooled import PooledDescriptor as P; "
        "p = P(backbone='resnet50', layer='top', pooling='gem'); "
        "print(p.dim, p.model_id, 'keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert done.stdout.split() == ["2048", "resnet50/imagenet/top/gem/512", "False", "False"], (
        done.stderr
    )


@pytest.fixture
def untrained(monkeypatch):
    """MobileNetV3Small with random weights in place of a download; the real network otherwise."""
    real = KerasBackbone.build
    monkeypatch.setattr(KerasBackbone, "build", lambda self, *, weights: real(self, weights=None))


@pytest.mark.slow
def test_maps_come_from_the_layers_that_are_named(untrained):
    backbone = KerasBackbone("mobilenetv3small")
    middle = "expanded_conv_3_project_bn"
    assert backbone.layer(middle).channels == 40
    pixels = backbone.network_input([picture(1, size=(128, 96))])
    assert pixels.shape == (1, 96, 128, 3)
    found = backbone.maps(pixels, [middle, "top"])
    assert found["top"].shape == (1, 3, 4, 576)
    assert found[middle].shape == (1, 6, 8, 40)
    np.testing.assert_array_equal(backbone.maps(pixels, ["top"])["top"], found["top"])
    with pytest.raises(ImproperlyConfigured, match="no maps of a layer 'none'; Keras calls"):
        backbone.layer("none")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenetv3small", "densenet121", "resnet50v2"])
def test_the_channels_are_those_of_the_network(name, untrained):
    # Catches a number in the table that is wrong, of one network of three kinds.
    backbone = get_backbone(name)
    assert backbone.build(weights=None).output.shape[-1] == backbone.layer("top").channels


def test_a_download_that_fails_is_a_sentence(monkeypatch):
    def fail(self, *, weights):
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError:
            raise Exception("URL fetch failure on https://…: None -- refused")  # noqa: B904

    monkeypatch.setattr(KerasBackbone, "build", fail)
    monkeypatch.setattr(
        KerasBackbone, "network_input", lambda self, pictures: np.zeros((1, 96, 96, 3), np.float32)
    )
    descriptor = PooledDescriptor(backbone="resnet101", layer="top", pooling="gem")
    with pytest.raises(DescriptorError, match=r"weights of ResNet101 could not be downloaded \(.*"):
        descriptor.describe([picture(1)])


def test_every_network_is_kerass(monkeypatch):
    # The names as Keras has them, without importing it: a function and its module.
    assert NETWORKS["resnet50"] == ("resnet", "ResNet50", 2048)
    assert NETWORKS["efficientnetv2b0"][:2] == ("efficientnet_v2", "EfficientNetV2B0")
    assert len(NETWORKS) == sum(map(len, keras_applications.FAMILIES.values()))
    assert "vgg16" not in NETWORKS
