"""Several rankings of the same images joined to one. Pure: NumPy only."""

from collections.abc import Sequence

import numpy as np

from catalog.vectors import Float32Array

# As in the paper: the first ranks count much the same.
RANK_OFFSET = 60


def fuse_similarities(
    similarities: Sequence[Float32Array], weights: Sequence[float]
) -> Float32Array:
    """Return the weighted mean (Q, N) in [0, 1] of each part's similarities (Q, N).

    Each query's similarities are first spread over [0, 1], its worst image to its best, because
    those of different descriptors lie in different ranges. CombSUM with min-max normalisation:
    Fox & Shaw, "Combination of Multiple Searches", TREC-2, 1994; Lee, SIGIR 1997.
    """
    total = sum(weights)
    fused = np.zeros(similarities[0].shape, dtype=np.float64)
    for part, weight in zip(similarities, weights, strict=True):
        lowest = part.min(axis=1, keepdims=True)
        span = part.max(axis=1, keepdims=True) - lowest
        spread = np.divide(part - lowest, span, out=np.ones_like(part), where=span > 0)
        fused += weight / total * spread
    return fused.astype(np.float32)


def fuse_ranks(ranks: Sequence[np.ndarray], weights: Sequence[float]) -> Float32Array:
    """Return the weighted mean (Q, N) in (0, 1] of 61 / (60 + rank), ranks (Q, N) from 1.

    Cormack, Clarke & Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and Individual Rank
    Learning Methods", SIGIR 2009; scaled so that the first by every part has 1.
    """
    total = sum(weights)
    fused = np.zeros(ranks[0].shape, dtype=np.float64)
    for part, weight in zip(ranks, weights, strict=True):
        fused += weight / total * (RANK_OFFSET + 1) / (RANK_OFFSET + part)
    return fused.astype(np.float32)
