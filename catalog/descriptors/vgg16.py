"""VGG16 up to its first fully connected layer, in TensorFlow.

Configuration D of Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition", ICLR 2015. The layers after fc1 are neither built nor loaded.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ..vectors import Float32Array
from .alignment import aligned_empty, is_aligned
from .quiet import tensorflow
from .weights import BLOCKS, Layer


def build(layers: Iterable[Layer]) -> Callable[[Float32Array], Float32Array]:
    """Return a function from (N, 224, 224, 3) preprocessed pixels to (N, 4096) fc1 outputs.

    Both float32; outputs are after ReLU. The arrays of `layers` become the network's weights
    without a copy where they are aligned. The function may be called from several threads.
    """
    tf = tensorflow()
    weights = {name: (tensor(kernel), tensor(bias)) for name, kernel, bias in layers}

    @tf.function(input_signature=[tf.TensorSpec((None, 224, 224, 3), tf.float32)], autograph=False)
    def forward(pixels: Any) -> Any:
        x = pixels
        for block, widths in enumerate(BLOCKS, start=1):
            for number in range(1, len(widths) + 1):
                kernel, bias = weights[f"block{block}_conv{number}"]
                x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias))
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        kernel, bias = weights["fc1"]
        return tf.nn.relu(tf.matmul(tf.reshape(x, (-1, kernel.shape[0])), kernel) + bias)

    return lambda pixels: forward(tf.constant(pixels)).numpy()


def tensor(array: Float32Array) -> Any:
    """Return a TensorFlow tensor over the memory of `array`, which must not change afterwards.

    `tf.constant` would keep two copies of it: 0.8 GB for the kernel of fc1.
    """
    if not is_aligned(array):  # TensorFlow does not check, it crashes
        array, unaligned = aligned_empty(array.shape), array
        array[...] = unaligned
    return tensorflow().experimental.dlpack.from_dlpack(array.__dlpack__())
