"""Where VGG16's weights come from: Keras's cache, a file, or a fixed seed. Reads no database."""

import logging
import math
import os
import re
import socket
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from django.utils.translation import gettext as _

from ...trouble.reasons import reason
from ...vectors import Float32Array
from ..base import DescriptorError
from .alignment import aligned_empty
from .digests import file_digest
from .tensorflow_import import tensorflow

logger = logging.getLogger(__name__)

IMAGENET = "imagenet"
UNTRAINED = "untrained"
UNTRAINED_SEED = 20150410

IMAGENET_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
IMAGENET_URL = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/" + IMAGENET_FILE
IMAGENET_MD5 = "64373286793e3c8b2b4e3219cbf3544b"
DOWNLOAD_TIMEOUT = 20  # seconds without a byte

# Output channels of the 3x3 convolutions, block by block (configuration D of the paper).
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
FC1_SHAPE = (7 * 7 * 512, 4096)


def layer_shapes() -> dict[str, tuple[int, ...]]:
    """Return the kernel shape of each layer up to fc1, in the order of the forward pass."""
    shapes: dict[str, tuple[int, ...]] = {}
    channels_in = 3
    for block, widths in enumerate(BLOCKS, start=1):
        for number, width in enumerate(widths, start=1):
            shapes[f"block{block}_conv{number}"] = (3, 3, channels_in, width)
            channels_in = width
    shapes["fc1"] = FC1_SHAPE
    return shapes


NATIVE_FLOAT32 = np.dtype(np.float32)  # the processor's byte order is part of it

Layer = tuple[str, Float32Array, Float32Array]


def load_layers(weights: str, *, memory: Path) -> Iterator[Layer]:
    """Yield (name, kernel, bias) of each layer up to fc1, one at a time, float32.

    `weights` is `imagenet`, `untrained` or the path of a Keras VGG16 file; `memory` as in
    `present_file`. Raises `DescriptorError` where the file is missing, damaged or of other
    shapes, and where the download fails.
    """
    if weights == UNTRAINED:
        return untrained_layers()
    return file_layers(present_file(weights, memory=memory))


def weights_id(weights: str, *, memory: Path) -> str:
    """Return the part of a model id that names the weights, without loading them.

    `imagenet`, `untrained`, or the first 12 digits of the file's SHA-256.
    """
    if weights in (IMAGENET, UNTRAINED):
        return weights
    return digest(present_file(weights, memory=memory), "sha256", memory=memory)[:12]


def digest(path: Path, algorithm: str, *, memory: Path) -> str:
    """Return `file_digest`; raises `DescriptorError` where the weights file cannot be read."""
    try:
        return file_digest(path, algorithm, memory=memory)
    except OSError as error:
        raise unreadable(path, error) from error


def untrained_layers() -> Iterator[Layer]:
    """Random weights from a fixed seed: He initialisation (uniform), zero biases.

    For tests and for trying the system out; they rank little better than raw pixels do.
    """
    generator = np.random.default_rng(UNTRAINED_SEED)
    for name, shape in layer_shapes().items():
        limit = math.sqrt(6 / math.prod(shape[:-1]))
        kernel = generator.random(out=aligned_empty(shape), dtype=np.float32)
        kernel *= 2 * limit
        kernel -= limit
        yield name, kernel, np.zeros(shape[-1], dtype=np.float32)


def file_layers(path: Path) -> Iterator[Layer]:
    """Read a Keras weights file, in the legacy (`.h5`) or the new (`.weights.h5`) layout.

    Every layer's shape is checked before the first one is read.
    """
    try:
        with h5py.File(path, "r") as file:
            datasets = find_datasets(file)
            check_shapes(path, datasets)
            for name, (kernel, bias) in zip(layer_shapes(), datasets, strict=True):
                yield name, read(kernel), read(bias)
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> DescriptorError:
    """Return what to raise where the system, or HDF5 and its content, make a file unreadable."""
    if isinstance(error, OSError) and error.errno:
        text = _("The weights file %(path)s cannot be read (%(reason)s).")
        return DescriptorError(text % {"path": path, "reason": reason(error)})
    logger.warning("%s: %s", path, error)
    text = _(
        "The weights file %(path)s cannot be read: it is damaged or truncated, fetch it again."
    )
    return DescriptorError(text % {"path": path})


Datasets = list[tuple[h5py.Dataset, h5py.Dataset]]


def find_datasets(file: h5py.File) -> Datasets:
    """Return (kernel, bias) of the layers up to fc1, in the order of the forward pass.

    Fewer where the file has fewer. What the datasets are called differs between Keras versions
    (`block1_conv1_W_1:0`, `block1_conv1/kernel`); their order does not.
    """
    wanted = len(layer_shapes())
    root = file.get("model_weights", file)  # a whole model saved as .h5
    if "layer_names" in root.attrs:
        groups = [root[text(name)] for name in root.attrs["layer_names"]]
        pairs = [[group[text(name)] for name in group.attrs["weight_names"]] for group in groups]
        return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2][:wanted]
    found: dict[tuple[str, int], tuple[h5py.Dataset, h5py.Dataset]] = {}

    def visit(path: str, item: object) -> None:
        # Layers are numbered by kind: conv2d, conv2d_1, ... conv2d_12, dense, dense_1, ...
        kind = re.search(r"(?:^|/)(conv2d|dense)(?:_(\d+))?/vars$", path)
        if kind and isinstance(item, h5py.Group) and len(item) == 2:
            found[kind[1], int(kind[2] or 0)] = (item["0"], item["1"])

    file.visititems(visit)
    return [found[key] for key in sorted(found)][:wanted]


def check_shapes(path: Path, datasets: Datasets) -> None:
    """Raise `DescriptorError` naming the first layer that is not VGG16's."""
    for position, (name, shape) in enumerate(layer_shapes().items()):
        if position >= len(datasets):
            problem = _("layer %(layer)s is missing") % {"layer": name}
        elif datasets[position][0].shape != shape or datasets[position][1].shape != shape[-1:]:
            problem = _("layer %(layer)s has shape %(found)s, expected %(expected)s") % {
                "layer": name,
                "found": datasets[position][0].shape,
                "expected": shape,
            }
        else:
            continue
        raise DescriptorError(
            _(
                "The weights file %(path)s is not VGG16 up to fc1: %(problem)s. "
                "Use a Keras VGG16 weights file with its top layers."
            )
            % {"path": path, "problem": problem}
        )


def read(dataset: h5py.Dataset) -> Float32Array:
    """Read a dataset into a new float32 array, without a second copy in between.

    Straight from the file where it lies there as it is: HDF5's own reading holds the
    interpreter's lock, and with it the import of TensorFlow on the other core.
    """
    array = aligned_empty(dataset.shape)
    offset = dataset.id.get_offset()  # None where it is in chunks, which may be compressed
    if offset is None or dataset.dtype != NATIVE_FLOAT32 or dataset.file.userblock_size:
        dataset.read_direct(array)
        return array
    rest = array.reshape(-1).view(np.uint8).data
    with Path(dataset.file.filename).open("rb", buffering=0) as file:
        file.seek(offset)
        while rest:
            count = file.readinto(rest)
            if not count:
                raise OSError("the file ends early")
            rest = rest[count:]
    return array


def text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def weights_path(weights: str) -> Path:
    """Return the file that `weights` (a path or `imagenet`) stands for; it need not exist."""
    if weights != IMAGENET:
        return Path(weights)
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home) / "models" / IMAGENET_FILE


def present_file(weights: str, *, memory: Path) -> Path:
    """Return the weights file, downloading ImageNet's through Keras where it is not cached yet.

    `memory` remembers checksums (see `file_digest`). Raises `DescriptorError` saying what to
    fetch and where to put it.
    """
    path = weights_path(weights)
    if weights == IMAGENET:
        if not path.is_file() or digest(path, "md5", memory=memory) != IMAGENET_MD5:
            download(path)
    elif not path.is_file():
        raise DescriptorError(
            _(
                "The weights file %(path)s does not exist. Set SIS_WEIGHTS to the path of a "
                "Keras VGG16 weights file, to “imagenet” or to “untrained”."
            )
            % {"path": path}
        )
    return path


def download(path: Path) -> None:
    """Fetch the ImageNet weights to Keras's cache, checked by their checksum."""
    keras = tensorflow().keras
    timeout = socket.getdefaulttimeout()
    # Keras sets none: without one a network that swallows packets holds the process for minutes.
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        # Into a folder that does not exist Keras downloads to /tmp instead.
        path.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.get_file(
            IMAGENET_FILE,
            IMAGENET_URL,
            cache_subdir="models",
            cache_dir=str(path.parent.parent),
            file_hash=IMAGENET_MD5,
        )
    except Exception as error:  # Keras raises a plain Exception
        raise DescriptorError(
            _(
                "The ImageNet weights could not be downloaded (%(reason)s). Fetch %(url)s on a "
                "machine with a network and put it at %(path)s, or set SIS_WEIGHTS to the path "
                "of such a file, or to “untrained” to try the system out."
            )
            % {"reason": why_not_fetched(error), "url": IMAGENET_URL, "path": path}
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)


def why_not_fetched(error: Exception) -> str:
    """Say why a download failed; Keras wraps what Python's own client raised, in English."""
    logger.warning("%s: %s", IMAGENET_URL, error)
    cause = error.__context__ if type(error) is Exception and error.__context__ else error
    if isinstance(cause, urllib.error.HTTPError):
        return _("the server answered with status %(status)d") % {"status": cause.code}
    if isinstance(cause, ValueError):
        return _("what arrived is not the whole file")
    return reason(cause)
