"""What counts as proof that two pictures show the same thing. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as proof. Distances are in shares of the hit's longer side.

    `ratio`: of the ratio test; `inliers`: places that must agree, at least; `loose`: how far off
    matches may be that a homography is sought among, `strict`: that agree with it; `place`: points
    this near to each other are one place; `magnified`: how many times larger or smaller the hit
    may be, `squeezed`: how many times more in one direction than in the other; `mirrored`: whether
    a mirror image counts, too, which takes twice as long where nothing is proven.
    """

    ratio: float = 0.8
    inliers: int = 8
    loose: float = 0.08
    strict: float = 4 / 1024
    place: float = 8 / 1024
    magnified: float = 8.0
    squeezed: float = 4.0
    mirrored: bool = False
