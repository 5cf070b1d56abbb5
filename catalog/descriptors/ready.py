"""Descriptors that everyone may use by name without declaring them; nothing extracts them unasked.

A declaration of the same name in `SIS_DESCRIPTORS` comes first.
"""

from typing import Any

POOLED = "catalog.descriptors.pooled.PooledDescriptor"
JOINED = "catalog.descriptors.joined.JoinedDescriptor"

# Name -> backbone, layer. The last layer's name is left out of the descriptors' names.
NETWORKS = {
    "lite0": ("lite0", "top"),
    "lite0-s16": ("lite0", "s16"),
    "vgg16": ("vgg16", "block5_conv3"),
    "vgg16-block4": ("vgg16", "block4_conv3"),
}
POOLINGS = ("average", "spoc", "mac", "rmac", "crow", "gem", "rgem")


def pooled(backbone: str, layer: str, pooling: str) -> dict[str, Any]:
    return {
        "BACKEND": POOLED,
        "OPTIONS": {"backbone": backbone, "layer": layer, "pooling": pooling},
    }


READY: dict[str, Any] = {
    f"{pooling}-{network}": pooled(backbone, layer, pooling)
    for network, (backbone, layer) in NETWORKS.items()
    for pooling in POOLINGS
} | {
    "joined-lite0": {
        "BACKEND": JOINED,
        "OPTIONS": {"parts": {"rgem-lite0": 1, "crow-lite0-s16+pca512": 0.7}},
    },
}
