"""The vector must be the one that the original recipe gives with the same weights file."""

import threading
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from catalog.descriptors import fc6, get_descriptor
from catalog.descriptors.fc6 import Fc6Descriptor
from catalog.pixels import decode
from catalog.vectors import unit_rows
from tests.helpers import encoded, picture


def original_recipe(keras_vgg16, path) -> np.ndarray:
    """PIL resize, RGB, Keras's preprocess_input and fc1, L2 norm: one picture at a time."""
    from keras.applications.vgg16 import preprocess_input

    image = Image.open(path).resize((224, 224)).convert("RGB")
    pixels = preprocess_input(np.expand_dims(np.array(image, dtype=np.float32), 0))
    vector = keras_vgg16.model.predict(pixels, verbose=0)[0]
    return vector / np.linalg.norm(vector)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """JPEGs of several sizes and shapes, one of them grey."""
    folder = tmp_path_factory.mktemp("photographs")
    sizes = [(640, 480), (300, 500), (224, 224), (97, 61)]
    paths = []
    for seed, size in enumerate(sizes):
        path = folder / f"{seed}.jpg"
        mode = "L" if seed == 3 else "RGB"
        path.write_bytes(encoded(picture(seed, size=size, mode=mode), quality=88))
        paths.append(path)
    return paths


@pytest.mark.parametrize("layout", ["legacy", "new"])
def test_vectors_equal_the_original_recipe_at_any_batch_size(keras_vgg16, photographs, layout):
    # Catches another resize filter, channel order, mean, flattening order, a layer off by one,
    # and kernels read into the wrong layer.
    expected = np.stack([original_recipe(keras_vgg16, path) for path in photographs])
    descriptor = Fc6Descriptor(weights=str(getattr(keras_vgg16, layout)))
    pixels = [decode(BytesIO(path.read_bytes())).pixels for path in photographs]
    singly = np.concatenate([descriptor.describe([image]) for image in pixels])
    batch = descriptor.describe(pixels * 8)
    np.testing.assert_allclose(singly, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(batch, np.tile(expected, (8, 1)), rtol=0, atol=1e-5)
    assert batch.dtype == np.float32
    assert batch.shape == (32, 4096)


@pytest.mark.slow
def test_a_prepared_picture_gives_the_same_vector():
    # Extraction keeps only the prepared picture: it must lose nothing that describe uses.
    descriptor = get_descriptor(weights="untrained")
    image = picture(1, size=(500, 300))
    assert np.array_equal(
        descriptor.describe([descriptor.prepare(image)]), descriptor.describe([image])
    )


@pytest.mark.slow
def test_a_picture_by_itself_gives_the_same_vector():
    # What pages describe by one way must meet what extraction describes by the other.
    descriptor = get_descriptor(weights="untrained")
    image = picture(2, size=(300, 500))
    np.testing.assert_allclose(
        descriptor.describe_one(image), descriptor.describe([image])[0], rtol=0, atol=1e-6
    )


def test_no_pictures_give_no_rows_and_load_nothing():
    descriptor = Fc6Descriptor(weights="untrained")
    assert descriptor.describe([]).shape == (0, 4096)
    assert descriptor._forward is None


def test_rows_without_direction_are_marked_not_divided():
    rows = np.array([[3, 4], [0, 0], [np.inf, 1], [np.nan, 1]], dtype=np.float32)
    result = unit_rows(rows)
    assert result[0].tolist() == [pytest.approx(0.6), pytest.approx(0.8)]
    assert np.isnan(result[1:]).all()


def test_threads_share_one_network(monkeypatch):
    # Two first queries at once must not load half a gigabyte twice.
    loads = []
    ready = threading.Barrier(4)

    def load(weights, *, memory):
        loads.append(weights)
        return iter(())

    monkeypatch.setattr(fc6, "load_layers", load)
    monkeypatch.setattr(
        "catalog.descriptors.backbones.vgg16.build",
        lambda layers, *, precision: lambda pixels: np.ones((len(pixels), 4096), dtype=np.float32),
    )
    descriptor = Fc6Descriptor(weights="untrained")

    def describe():
        ready.wait()
        descriptor.describe([picture()])

    threads = [threading.Thread(target=describe) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["untrained"]


def test_model_id_names_the_weights_without_loading_them(tmp_path):
    path = tmp_path / "some.h5"
    path.write_bytes(b"whatever")
    assert Fc6Descriptor(weights="imagenet").model_id == "vgg16/imagenet/float32"
    assert Fc6Descriptor(weights="untrained").model_id == "vgg16/untrained/float32"
    # sha256(b"whatever") begins so.
    assert Fc6Descriptor(weights=str(path)).model_id == "vgg16/85738f8f9a7f/float32"
    assert not Fc6Descriptor(weights="untrained").trained
    assert Fc6Descriptor(weights="imagenet").trained
