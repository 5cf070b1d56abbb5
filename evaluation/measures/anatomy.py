"""Why a ranking has the average precision it has: one trapezoid per retrieved positive. Pure."""

from dataclasses import dataclass

import numpy as np

from .metrics import Judged


@dataclass(frozen=True, slots=True)
class Trapezoid:
    """What one retrieved positive adds to the Oxford average precision.

    `position`: 0-based place in the full ranking; `rank`: 0-based after removing the ignored;
    `previous_precision`: precision one rank above (1 at the top); `precision`: at this rank;
    `recall`: share of positives found up to here; `recall_step`: 1 / R;
    `area`: recall_step * (previous_precision + precision) / 2.
    """

    position: int
    rank: int
    previous_precision: float
    precision: float
    recall: float
    recall_step: float
    area: float


def anatomy(judged: Judged) -> list[Trapezoid]:
    """Return the trapezoids in rank order; their areas add up to `average_precision`.

    Empty where no positive was retrieved or none exists.
    """
    positions = np.flatnonzero(judged.relevant)
    removed_above = np.cumsum(judged.ignored)[positions]
    trapezoids = []
    for found, (position, rank) in enumerate(
        zip(positions.tolist(), (positions - removed_above).tolist(), strict=True)
    ):
        before = found / rank if rank else 1.0
        precision = (found + 1) / (rank + 1)
        step = 1 / judged.n_positives
        recall = (found + 1) / judged.n_positives
        area = step * (before + precision) / 2
        trapezoids.append(Trapezoid(position, rank, before, precision, recall, step, area))
    return trapezoids
