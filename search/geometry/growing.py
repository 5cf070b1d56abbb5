"""A query's local features with those of what was proven to show the same. Pure."""

from collections.abc import Sequence

import numpy as np

from catalog.descriptors.local.features import LocalFeatures

from .transformations import apply, inverse, local_scales
from .verification import Verified

# Times as many features as the query has of its own: what a comparison costs stays bounded.
MOST_GROWTH = 2.0


def grown(query: LocalFeatures, found: Sequence[tuple[LocalFeatures, Verified]]) -> LocalFeatures:
    """Return the query with the features that lie within its outline in pictures proven, in order.

    Each is moved to where it would be in the query: Chum et al., "Total Recall: Automatic Query
    Expansion with a Generative Feature Model for Object Retrieval", ICCV 2007, section 3. Those
    that matched one of the query's are not taken again.
    """
    room = int(len(query) * (MOST_GROWTH - 1))
    parts = [query]
    for features, verified in found:
        if room <= 0:
            break
        part = back_projected(features, verified, query.size)
        part = part.take(slice(0, room))
        room -= len(part)
        parts.append(part)
    return LocalFeatures(
        query.size,
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("positions", "scales", "angles", "descriptors")
        ),
    )


def back_projected(
    features: LocalFeatures, verified: Verified, size: tuple[int, int]
) -> LocalFeatures:
    """Return a hit's features that the query's picture would show, in the query's pixels."""
    back = inverse(verified.matrix)
    points = features.positions.astype(np.float64)
    moved = apply(back, points)
    scales = np.sqrt(np.maximum(local_scales(back, points).prod(axis=1), 0))
    new = np.ones(len(points), bool)
    new[verified.matches.hit] = False
    with np.errstate(invalid="ignore"):
        inside = ((moved >= 0) & (moved < np.array(size))).all(axis=1) & (scales > 0) & new
    chosen = np.flatnonzero(inside)
    taken = features.take(chosen)
    return LocalFeatures(
        size,
        moved[chosen].astype(np.float32),
        (taken.scales * scales[chosen]).astype(np.float32),
        taken.angles,
        taken.descriptors,
    )
