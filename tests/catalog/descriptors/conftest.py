"""One VGG16, made by Keras itself, and its weights in each file layout; once a session."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from catalog.descriptors.backbones.tensorflow_import import tensorflow
from catalog.descriptors.backbones.weights import untrained_layers


@dataclass(frozen=True)
class KerasVGG16:
    """Keras's own network up to fc1 and the files it wrote."""

    model: Any
    legacy: Path  # .h5
    new: Path  # .weights.h5
    whole: Path  # a whole model saved as .h5


@pytest.fixture(scope="session")
def keras_vgg16(tmp_path_factory) -> KerasVGG16:
    keras = tensorflow().keras
    from keras.src.legacy.saving import legacy_h5_format

    top = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    flat = keras.layers.Flatten(name="flatten")(top.output)
    fc1 = keras.layers.Dense(4096, activation="relu", name="fc1")(flat)
    model = keras.Model(top.input, fc1)
    generator = np.random.default_rng(7)
    for name, kernel, bias in untrained_layers():
        bias = generator.normal(0, 0.5, bias.shape).astype(np.float32)
        model.get_layer(name).set_weights([kernel, bias])
    folder = tmp_path_factory.mktemp("weights")
    made = KerasVGG16(model, folder / "a.h5", folder / "b.weights.h5", folder / "whole.h5")
    with h5py.File(made.legacy, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    model.save_weights(made.new)
    model.save(made.whole)
    return made
