"""Weights from files of each layout, from a download, and from a seed."""

import functools
import hashlib
import http.server
import shutil
import threading

import h5py
import numpy as np
import pytest

from catalog.descriptors.backbones import weights
from catalog.descriptors.backbones.weights import (
    file_layers,
    layer_shapes,
    load_layers,
    read,
    untrained_layers,
)
from catalog.descriptors.base import DescriptorError


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "cache" / "checksums.json"


def small_file(path, *, shapes=None, names=lambda layer: ("W_1:0", "b_1:0"), extra=()):
    """A file in the layout of the downloads: names as bytes, values that tell their place.

    Chunked and compressed, so that 400 MB of one value take no room.
    """
    shapes = layer_shapes() if shapes is None else shapes
    with h5py.File(path, "w") as file:
        layers = ["input_1", *shapes, "block1_pool", *extra]
        file.attrs["layer_names"] = [name.encode() for name in layers]
        for number, name in enumerate(layers):
            group = file.create_group(name)
            if name not in shapes and name not in extra:
                group.attrs["weight_names"] = []
                continue
            kernel, bias = (f"{name}_{part}" for part in names(name))
            group.attrs["weight_names"] = [kernel.encode(), bias.encode()]
            shape = shapes.get(name, (2, 2))
            options = {"compression": "gzip", "dtype": "f4"}
            group.create_dataset(kernel, shape, fillvalue=number, **options)
            group.create_dataset(bias, shape[-1:], fillvalue=-number, **options)
    return path


@pytest.mark.slow
def test_legacy_layout_is_read_by_attributes_and_order_not_by_names(tmp_path):
    # Names that sort backwards and layers beyond fc1: only the attributes tell the order.
    path = small_file(
        tmp_path / "legacy.h5", names=lambda layer: ("z_kernel", "a_bias"), extra=("fc2",)
    )
    layers = list(file_layers(path))
    assert [name for name, _, _ in layers] == list(layer_shapes())
    for number, (name, kernel, bias) in enumerate(layers, start=1):
        assert kernel.shape == layer_shapes()[name]
        assert kernel.dtype == bias.dtype == np.float32
        assert (kernel.flat[0], kernel.flat[-1], bias[0]) == (number, number, -number)


@pytest.mark.parametrize("layout", ["legacy", "new", "whole"])
def test_every_layout_that_keras_writes_gives_the_same_layers(keras_vgg16, layout):
    # conv2d_10 must not sort before conv2d_2.
    for name, kernel, bias in file_layers(getattr(keras_vgg16, layout)):
        expected = keras_vgg16.model.get_layer(name).get_weights()
        assert np.array_equal(kernel, expected[0]), name
        assert np.array_equal(bias, expected[1]), name


@pytest.mark.parametrize(
    ("dtype", "chunks", "userblock"),
    [("<f4", None, 0), (">f4", None, 0), ("f8", None, 0), ("<f4", (1, 2), 0), ("<f4", None, 512)],
)
def test_a_dataset_is_read_however_it_is_stored(tmp_path, dtype, chunks, userblock):
    # Catches bytes taken from the file as they are where they are of another type or order, in
    # chunks, or behind a block that is not part of HDF5.
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    path = tmp_path / "stored.h5"
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file.create_dataset("kernel", data=values.astype(dtype), chunks=chunks)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(read(file["kernel"]), values)


def test_a_missing_file_is_named_with_the_remedy(tmp_path, memory):
    with pytest.raises(DescriptorError, match=r"none\.h5 does not exist.*SIS_WEIGHTS"):
        load_layers(str(tmp_path / "none.h5"), memory=memory)


def test_a_truncated_file_says_fetch_it_again(keras_vgg16, tmp_path):
    path = tmp_path / "cut.h5"
    with keras_vgg16.legacy.open("rb") as whole, path.open("wb") as cut:
        cut.write(whole.read(10_000_000))
    with pytest.raises(DescriptorError, match=r"cut\.h5 cannot be read: .*fetch it again"):
        list(file_layers(path))


def test_a_file_that_is_no_hdf5_is_refused(tmp_path):
    path = tmp_path / "page.h5"
    path.write_text("<html>404</html>")
    with pytest.raises(DescriptorError, match=r"page\.h5 cannot be read"):
        list(file_layers(path))


def test_wrong_shapes_name_the_layer_before_anything_is_read(tmp_path):
    shapes = layer_shapes() | {"block3_conv2": (3, 3, 256, 255)}
    path = small_file(tmp_path / "other.h5", shapes=shapes)
    with pytest.raises(DescriptorError, match=r"block3_conv2 has shape \(3, 3, 256, 255\)"):
        next(file_layers(path))


def test_a_file_without_top_layers_says_what_is_missing(tmp_path):
    shapes = {name: shape for name, shape in layer_shapes().items() if name != "fc1"}
    path = small_file(tmp_path / "notop.h5", shapes=shapes)
    with pytest.raises(DescriptorError, match=r"layer fc1 is missing.*with its top layers"):
        next(file_layers(path))


@pytest.mark.slow
def test_untrained_weights_are_the_same_everywhere():
    # The model id `untrained` promises one set of numbers; these were drawn once.
    name, kernel, bias = next(untrained_layers())
    assert name == "block1_conv1"
    assert kernel.shape == (3, 3, 3, 64)
    np.testing.assert_allclose(kernel.flat[:3], [-0.26559049, 0.10814294, -0.23199333], rtol=1e-6)
    assert abs(kernel).max() <= np.sqrt(6 / 27)
    assert not bias.any()


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A loopback server in place of the download's address; gives its folder and its log."""
    folder, requests = tmp_path / "mirror", []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            requests.append(self.path)

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=folder)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/{weights.IMAGENET_FILE}"
    monkeypatch.setattr(weights, "IMAGENET_URL", url)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    yield folder, requests
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_imagenet_is_downloaded_once_and_then_found_in_keras_cache(
    mirror, memory, tmp_path, monkeypatch
):
    folder, requests = mirror
    path = small_file(folder / weights.IMAGENET_FILE)
    checksum = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(weights, "IMAGENET_MD5", checksum)
    for _ in range(2):
        assert len(list(load_layers("imagenet", memory=memory))) == 14
    assert len(requests) == 1
    assert (tmp_path / "keras" / "models" / weights.IMAGENET_FILE).is_file()


@pytest.mark.parametrize("trouble", ["not there", "wrong content"])
@pytest.mark.slow
def test_a_failed_download_says_what_to_fetch_and_where_to_put_it(mirror, memory, trouble):
    folder, _ = mirror
    if trouble == "wrong content":
        (folder / weights.IMAGENET_FILE).write_bytes(b"a captive portal's page")
    with pytest.raises(DescriptorError) as caught:
        load_layers("imagenet", memory=memory)
    assert weights.IMAGENET_URL in str(caught.value)
    assert str(weights.weights_path("imagenet")) in str(caught.value)
    assert "untrained" in str(caught.value)


@pytest.mark.slow
def test_a_damaged_file_in_keras_cache_is_replaced(mirror, memory, monkeypatch):
    # What a killed download of another program leaves behind.
    folder, requests = mirror
    path = small_file(folder / weights.IMAGENET_FILE)
    monkeypatch.setattr(weights, "IMAGENET_MD5", hashlib.md5(path.read_bytes()).hexdigest())
    cached = weights.weights_path("imagenet")
    cached.parent.mkdir(parents=True)
    shutil.copy(path, cached)
    with cached.open("r+b") as file:
        file.truncate(1000)
    assert len(list(load_layers("imagenet", memory=memory))) == 14
    assert len(requests) == 1
