"""Measuring rankings after feedback, without what the user has seen. Pure, no Django."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import metrics

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clicks:
    """What a simulated user marks of the results that are shown, by image."""

    likes: list[int]
    unlikes: list[int]


def clicks(
    ranking: IntArray, *, positives: IntArray, ignored: IntArray, seen: set[int], shown: int
) -> Clicks:
    """Mark the first `shown` of a ranking (N,) that were not `seen`: what is labelled positive is
    a match, what is labelled to be ignored is left alone, everything else is none."""
    fresh = [image for image in ranking.tolist() if image not in seen][:shown]
    wanted, unclear = set(positives.tolist()), set(ignored.tolist())
    return Clicks(
        [image for image in fresh if image in wanted],
        [image for image in fresh if image not in wanted and image not in unclear],
    )


def residual_average_precision(
    ranking: IntArray, *, positives: IntArray, ignored: IntArray, seen: Sequence[int]
) -> float | None:
    """Return the average precision in the collection without what was `seen`, in [0, 1].

    A ranking after feedback has the marked images first, which proves nothing: they are taken out
    of the ranking and of the positives. None where no positive is left. Chang, Cirillo & Razon,
    "Evaluation of Feedback Retrieval Using Modified Freezing, Residual Collection and Test and
    Control Groups", 1971.
    """
    left = np.setdiff1d(positives, seen)
    out = np.setdiff1d(np.union1d(ignored, seen), left).astype(np.int64)
    return metrics.average_precision(metrics.judge(ranking, left, out))


def means(rows: Sequence[Sequence[float | None]]) -> tuple[list[float | None], int]:
    """Return the mean of each round over the topics that have a value in all rounds, and how many.

    So that rounds are compared over the same topics.
    """
    whole = [row for row in rows if all(value is not None for value in row)]
    if not whole:
        return [None] * max((len(row) for row in rows), default=0), 0
    return [float(np.mean(column)) for column in zip(*whole, strict=True)], len(whole)
