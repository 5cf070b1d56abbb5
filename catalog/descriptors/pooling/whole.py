"""Poolings of a whole map: (H, W, C) -> (C,). Pure: NumPy only.

Maps are float32 and not negative, as after a rectifier; what is negative all the same counts as 0
where a formula needs a root or a logarithm. What is returned is float32 and has no set length.
"""

import numpy as np

from ...vectors import Float32Array

GEM_POWER = 3.0
GEM_FLOOR = 1e-6  # as published
CROW_FLOOR = 1e-6


def average(maps: Float32Array) -> Float32Array:
    """Return each channel's mean over all positions."""
    return maps.mean(axis=(0, 1))


def mac(maps: Float32Array) -> Float32Array:
    """Return each channel's maximum: MAC.

    Tolias, Sicre & Jégou, "Particular Object Retrieval with Integral Max-Pooling of CNN
    Activations", ICLR 2016, section 3.1.
    """
    return maps.max(axis=(0, 1))


def gem(maps: Float32Array, power: float = GEM_POWER) -> Float32Array:
    """Return each channel's generalised mean (mean of x^p)^(1/p): GeM.

    Radenović, Tolias & Chum, "Fine-Tuning CNN Image Retrieval with No Human Annotation", TPAMI
    2018, section 3.2. 1 is the mean, infinity the maximum.
    """
    raised = np.maximum(maps, GEM_FLOOR) ** np.float32(power)
    return raised.mean(axis=(0, 1)) ** np.float32(1 / power)


def spoc(maps: Float32Array) -> Float32Array:
    """Return each channel's sum, weighted by nearness to the picture's centre: SPoC.

    Babenko & Lempitsky, "Aggregating Deep Convolutional Features for Image Retrieval", ICCV 2015,
    section 3.2: a Gaussian whose sigma is a third of the way from the centre to the nearest edge.
    """
    height, width = maps.shape[:2]
    sigma = min(height, width) / 2 / 3
    rows, columns = (
        np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
        for size in (height, width)
    )
    prior = np.outer(rows, columns).astype(np.float32)
    return np.tensordot(prior, maps, axes=2)


def crow(maps: Float32Array) -> Float32Array:
    """Return each channel's sum, weighted over positions and channels: CroW.

    Kalantidis, Mellina & Osindero, "Cross-Dimensional Weighting for Aggregated Deep Convolutional
    Features", ECCV 2016 workshops. A position weighs the square root of its share of all
    activations (section 3.1, a = b = 2), a channel log(sum of all q / q) of the proportion q of
    positions where it is active (section 3.2): what fires seldom tells more.
    """
    strength = np.maximum(maps.sum(axis=2), 0)
    norm = np.linalg.norm(strength)
    positions = np.sqrt(strength / norm) if norm else strength
    active = (maps > 0).mean(axis=(0, 1))
    # A map of nothing at all has nothing to weigh.
    channels = np.log((active.sum() or 1) / (active + CROW_FLOOR))
    return (np.tensordot(positions, maps, axes=2) * channels).astype(np.float32)
