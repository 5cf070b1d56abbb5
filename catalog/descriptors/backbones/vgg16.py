"""VGG16 up to its first fully connected layer, in TensorFlow.

Configuration D of Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition", ICLR 2015. The layers after fc1 are neither built nor loaded.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...vectors import Float32Array
from .alignment import aligned_empty, is_aligned
from .precision import FLOAT32
from .tensorflow_import import tensorflow
from .weights import BLOCKS, FC1_SHAPE, Layer

# The first blocks' outputs are the large ones, 26 MB a picture: a few pictures at a time keep a
# batch of 16 below 0.2 GB. The later blocks and fc1, which is read whole for each pass, take the
# batch at once.
EARLY_BLOCKS = (1, 2)
LATE_BLOCKS = (3, 4, 5)
PICTURES_AT_A_TIME = 4


def build(
    layers: Iterable[Layer], *, precision: str = FLOAT32
) -> Callable[[Float32Array], Float32Array]:
    """Return a function from (N, 224, 224, 3) preprocessed pixels to (N, 4096) fc1 outputs.

    Both float32; outputs are after ReLU. In float32 the arrays of `layers` become the network's
    weights without a copy where they are aligned; in bfloat16 weights and activations are rounded
    to 8 bits of mantissa, and products are summed in float32. The function may be called from
    several threads.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        importing = pool.submit(tensorflow)  # takes seconds, in which the weights are read
        read = list(layers)
        tf = importing.result()
    number = tf.dtypes.as_dtype(precision)
    weights = as_tensors(read, number)

    def layer(kind: Any, x: Any, name: str, *options: Any) -> Any:
        kernel, bias = weights[name]
        return tf.nn.relu(tf.nn.bias_add(kind(x, kernel, *options), bias))

    def convolve(x: Any, blocks: Iterable[int]) -> Any:
        for block in blocks:
            for position in range(1, len(BLOCKS[block - 1]) + 1):
                x = layer(tf.nn.conv2d, x, f"block{block}_conv{position}", 1, "SAME")
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        return x

    @tf.function(input_signature=[tf.TensorSpec((None, 224, 224, 3), tf.float32)], autograph=False)
    def early(pixels: Any) -> Any:
        return convolve(tf.cast(pixels, number), EARLY_BLOCKS)

    @tf.function(input_signature=[tf.TensorSpec((None, 56, 56, 128), number)], autograph=False)
    def late(x: Any) -> Any:
        x = tf.reshape(convolve(x, LATE_BLOCKS), (-1, FC1_SHAPE[0]))
        return tf.cast(layer(tf.matmul, x, "fc1"), tf.float32)

    def forward(pixels: Float32Array) -> Float32Array:
        parts = [
            early(tf.constant(pixels[start : start + PICTURES_AT_A_TIME]))
            for start in range(0, len(pixels), PICTURES_AT_A_TIME)
        ]
        return late(parts[0] if len(parts) == 1 else tf.concat(parts, 0)).numpy()

    return forward


def as_tensors(layers: list[Layer], number: Any) -> dict[str, tuple[Any, Any]]:
    """Return (kernel, bias) of each layer by name, as tensors of the type `number`.

    Empties `layers`, so that what was rounded is freed at once.
    """
    tf = tensorflow()
    weights: dict[str, tuple[Any, Any]] = {}
    while layers:
        name, kernel, bias = layers.pop(0)
        weights[name] = (tf.cast(tensor(kernel), number), tf.cast(tensor(bias), number))
        del kernel, bias
    return weights


def tensor(array: Float32Array) -> Any:
    """Return a TensorFlow tensor over the memory of `array`, which must not change afterwards.

    `tf.constant` would keep two copies of it: 0.8 GB for the kernel of fc1.
    """
    if not is_aligned(array):  # TensorFlow does not check, it crashes
        array, unaligned = aligned_empty(array.shape), array
        array[...] = unaligned
    return tensorflow().experimental.dlpack.from_dlpack(array.__dlpack__())
