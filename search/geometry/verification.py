"""Two pictures' local features -> whether, and how, one shows what the other does. Pure.

Deterministic: OpenCV's sampler starts from the same number every time.
"""

from dataclasses import dataclass

import numpy as np

from .matching import Matches, match
from .rules import Rules
from .sides import Side
from .transformations import (
    Matrix,
    Points,
    agreeing_with_one,
    distances,
    fit_affine,
    local_scales,
)


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """How a hit shows what the query does.

    `inliers`: the number of places that agree; `matrix` (3, 3) float64: from pixels of the query's
    analysed picture to the hit's; `matches`: those that agree, the best first; `is_mirrored`: left
    and right are exchanged in the hit.
    """

    inliers: int
    matrix: Matrix
    matches: Matches
    is_mirrored: bool = False


def verify(query: Side, hit: Side, rules: Rules) -> Verified | None:
    """Return how `hit` shows what `query` does; None where nothing proves that it does."""
    matches = match(query.rows, hit.rows, ratio=rules.ratio, fewest=rules.inliers)
    if len(matches) < rules.inliers:
        return None
    matches = matches.take(np.argsort(matches.ratios, kind="stable"))
    near = consistent(query, hit, matches, rules)
    if near is None:
        return None
    matrix = homography(query, hit, near, rules)
    if matrix is None:
        return None
    start, end = query.positions[near.query], hit.positions[near.hit]
    agreeing = near.take(distances(matrix, start, end) <= rules.strict * hit.longer)
    places = min(
        number_of_places(query.positions[agreeing.query], rules.place * query.longer),
        number_of_places(hit.positions[agreeing.hit], rules.place * hit.longer),
    )
    if places < rules.inliers or not is_plausible(matrix, query.positions[agreeing.query], rules):
        return None
    return Verified(places, matrix, agreeing)


def consistent(query: Side, hit: Side, matches: Matches, rules: Rules) -> Matches | None:
    """Return the matches that one affine transformation explains roughly; None where too few."""
    tolerance = rules.loose * hit.longer
    start, end = query.positions[matches.query], hit.positions[matches.hit]
    scales = hit.features.scales[matches.hit] / query.features.scales[matches.query]
    turns = np.radians(hit.features.angles[matches.hit] - query.features.angles[matches.query])
    agree = agreeing_with_one(start, end, scales.astype(np.float64), turns, tolerance)
    for _round in range(2):
        if agree.sum() < rules.inliers:
            return None
        matrix = fit_affine(start[agree], end[agree])
        agree = distances(matrix, start, end) < tolerance
    return matches.take(agree) if agree.sum() >= rules.inliers else None


def homography(query: Side, hit: Side, matches: Matches, rules: Rules) -> Matrix | None:
    """Return the homography that most of the matches agree with, by MAGSAC++.

    Baráth, Noskova, Ivashechkin & Matas, "MAGSAC++, a Fast, Reliable and Accurate Robust
    Estimator", CVPR 2020.
    """
    # At first use: a server that never needs it starts without it.
    import cv2

    matrix, _agreeing = cv2.findHomography(
        query.positions[matches.query],
        hit.positions[matches.hit],
        method=cv2.USAC_MAGSAC,
        ransacReprojThreshold=rules.strict * hit.longer,
        maxIters=2000,
        confidence=0.999,
    )
    if matrix is None or not np.isfinite(matrix).all():
        return None
    return np.asarray(matrix, np.float64)


def is_plausible(matrix: Matrix, points: Points, rules: Rules) -> bool:
    """Whether a camera could have done this: no mirror, no collapse, no extreme size."""
    scales = local_scales(matrix, points)
    larger, smaller = scales[:, 0], scales[:, 1]
    with np.errstate(invalid="ignore"):
        good = (
            (smaller > 1 / rules.magnified)
            & (larger < rules.magnified)
            & (larger < smaller * rules.squeezed)
        )
    return bool(good.all())


def number_of_places(points: Points, side: float) -> int:
    """Return in how many squares of this side points lie: a place counts once."""
    return len(np.unique((points // side).astype(np.int64), axis=0))
