"""VGG16 up to its first fully connected layer, in TensorFlow.

Configuration D of Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition", ICLR 2015. The layers after fc1 are neither built nor loaded.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ..vectors import Float32Array
from .quiet import tensorflow
from .weights import BLOCKS, Layer


def build(layers: Iterable[Layer]) -> Callable[[Float32Array], Float32Array]:
    """Return a function from (N, 224, 224, 3) preprocessed pixels to (N, 4096) fc1 outputs.

    Both float32; outputs are after ReLU. `layers` are consumed one at a time, so that only one
    of them exists twice at any moment. The function may be called from several threads.
    """
    tf = tensorflow()
    weights: dict[str, Any] = {}
    for name, kernel, bias in layers:
        weights[name] = (tf.constant(kernel), tf.constant(bias))
        del kernel, bias

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
