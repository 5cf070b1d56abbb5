"""Eight-bit codes of non-negative vectors, and what a product of codes proves. Pure NumPy.

A row x is kept as codes c = round(s x), one scale s for all rows, so that x' = c / s is near x. Of
a query q, only the positive part p counts for an upper bound, as x has no negative component; it is
coded likewise as p' = d / t. The integers c.d are cheap to compute for all rows, and

    x.q <= x.p = x'.p' + x'.(p - p') + (x - x').p
              <= x'.p' + |x'| |(p - p')+| + |(x - x')+| |p|

by Cauchy-Schwarz on what can add to the product (v+ is the positive part of v). With the largest
|x'| and |(x - x')+| of all rows, a row whose c.d is known, or known not to exceed a number, has a
largest possible x.q and, with the least |x|, a least possible distance.
"""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

CodeArray = npt.NDArray[np.uint8]

LEVELS = 255
# Covers the roundings of float64 sums of some thousand terms, each below 2**-52.
SLACK = 1e-10


class NegativeComponents(ValueError):
    """A row has a negative component, which unsigned codes cannot hold."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds for every row that was coded.

    `scale`: codes per unit; `lost`: largest norm of what codes are below the row; `code_norm`:
    largest norm of a decoded row; `least_norm`: least norm of a row.
    """

    scale: float
    lost: float = 0.0
    code_norm: float = 0.0
    least_norm: float = float("inf")

    def joined(self, other: "Bounds") -> "Bounds":
        """Return what holds for the rows of both; they must have the same scale."""
        if other.scale != self.scale:
            raise ValueError("bounds of different scales cannot be joined")
        return Bounds(
            scale=self.scale,
            lost=max(self.lost, other.lost),
            code_norm=max(self.code_norm, other.code_norm),
            least_norm=min(self.least_norm, other.least_norm),
        )

    def facts(self) -> dict[str, float]:
        return asdict(self)


def scale_for(largest: float) -> float:
    """Return the scale that gives the largest component the largest code."""
    return LEVELS / largest if largest > 0 else 1.0


def encode_rows(rows: Float32Array, scale: float) -> tuple[CodeArray, Bounds]:
    """Return the codes (N, D) of rows, and the bounds that hold for them.

    Components above `LEVELS / scale` are cut off, which the bounds take into account. Raises
    `NegativeComponents`.
    """
    if len(rows) == 0:
        return np.empty(rows.shape, dtype=np.uint8), Bounds(scale)
    if rows.min() < 0:
        raise NegativeComponents("a vector has a negative component")
    codes = np.minimum(np.rint(rows * np.float32(scale)), LEVELS).astype(np.uint8)
    decoded = codes / np.float64(scale)
    code_norm = largest_norm(decoded)
    lost = np.subtract(rows, decoded, out=decoded)
    return codes, Bounds(
        scale=scale,
        lost=largest_norm(np.maximum(lost, 0, out=lost)),
        code_norm=code_norm,
        least_norm=float(np.sqrt(squares(rows.astype(np.float64)).min())) * (1 - SLACK),
    )


def squares(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return each row's squared norm, (N,) float64."""
    found: npt.NDArray[np.float64] = np.vecdot(rows, rows)
    return found


def largest_norm(rows: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(squares(rows).max())) * (1 + SLACK)


class QueryCodes:
    """A query (D,) in codes, and what products of codes say about its distances."""

    def __init__(self, query: Float32Array, bounds: Bounds) -> None:
        exact = query.astype(np.float64)
        positive = np.maximum(exact, 0)
        scale = scale_for(float(positive.max()))
        # Whole numbers in float32, the type in which a search takes queries.
        codes = np.rint(positive * scale).clip(0, LEVELS)
        self.codes: Float32Array = codes.astype(np.float32)
        lost = np.maximum(positive - codes / scale, 0)
        self._unit = 1.0 / (scale * bounds.scale)
        self._margin = (1 + SLACK) * (
            bounds.code_norm * float(np.linalg.norm(lost))
            + bounds.lost * float(np.linalg.norm(positive))
        ) + SLACK
        # The search returns products as float32, and may sum in it, in any order.
        self._rounding = 1 - len(query) * 2.0**-24
        self._norms = bounds.least_norm**2 + float(exact @ exact)

    def least_product(self, distance: np.float32) -> float:
        """Return the product of codes below which a row is farther than `distance`.

        Farther in float32 as well: a row that would tie after rounding is not below.
        """
        beyond = float(np.nextafter(np.float32(distance), np.float32(np.inf)))
        product = (self._norms - beyond**2 * (1 + SLACK) - SLACK) / 2
        return (product - self._margin) * self._rounding / self._unit
