"""Regional attention: R-MAC whose regions a small network weighs. Pure: NumPy only.

Kim & Yoon, "Regional Attention Based Deep Feature for Image Retrieval", BMVC 2018: two layers with
softplus over the mean of the region's activations and that of the whole map, one beside the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...vectors import Float32Array
from .regional import region_vectors, regions
from .whole import average

# As the published network calls them; a convolution of width 1 has a third axis.
LAYERS = ("conv_att_1", "conv_att_2")


class AttentionError(ValueError):
    """The arrays are not a weighting network's for these maps; the message is for the log."""


@dataclass(frozen=True, slots=True)
class RegionalAttention:
    """The weighting network: `hidden` (K, 2 C) with biases (K,), `out` (K,) with one bias."""

    hidden: Float32Array
    hidden_bias: Float32Array
    out: Float32Array
    out_bias: float

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray], *, channels: int
    ) -> "RegionalAttention":
        """Return the network of arrays named `conv_att_1.weight`, `conv_att_1.bias` and so on.

        Raises `AttentionError` naming the first that is missing, of another shape or not finite.
        """
        first = arrays.get("conv_att_1.weight")
        size = len(first) if first is not None and first.ndim else 0
        shapes = {"conv_att_1": (size, 2 * channels), "conv_att_2": (1, size)}
        found = {}
        for layer, shape in shapes.items():
            for part, wanted in (("weight", shape), ("bias", shape[:1])):
                name = f"{layer}.{part}"
                if (array := arrays.get(name)) is None:
                    raise AttentionError(f"{name} is missing")
                if array.shape not in (wanted, (*wanted, 1)) or not size:
                    raise AttentionError(f"{name} has shape {array.shape} instead of {wanted}")
                if not np.isfinite(array).all():
                    raise AttentionError(f"{name} holds numbers that are not finite")
                found[name] = array.reshape(wanted).astype(np.float32)
        return cls(
            hidden=found["conv_att_1.weight"],
            hidden_bias=found["conv_att_1.bias"],
            out=found["conv_att_2.weight"][0],
            out_bias=float(found["conv_att_2.bias"][0]),
        )

    def weights(self, maps: Float32Array) -> Float32Array:
        """Return how much each of the map's regions counts: (R,), above 0."""
        means = np.stack(
            [
                average(maps[top : top + high, left : left + wide])
                for top, left, high, wide in regions(*maps.shape[:2])
            ]
        )
        context = np.broadcast_to(average(maps), means.shape)
        hidden = softplus(np.hstack([means, context]) @ self.hidden.T + self.hidden_bias)
        return softplus(hidden @ self.out + self.out_bias)

    def __call__(self, maps: Float32Array) -> Float32Array:
        """Return the weighted sum of the regions' unit maxima (C,)."""
        return self.weights(maps) @ region_vectors(maps)


def softplus(x: Float32Array) -> Float32Array:
    return np.logaddexp(x, np.float32(0))
