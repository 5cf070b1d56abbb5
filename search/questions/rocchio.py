"""Relevance feedback: a query moved towards what was marked as a match. Pure: NumPy only."""

import numpy as np

from catalog.vectors import Float32Array, unit_rows

# Manning, Raghavan & Schütze, "Introduction to Information Retrieval", section 9.1.1: what is
# wanted tells more than what is not.
QUERY_WEIGHT, LIKE_WEIGHT, UNLIKE_WEIGHT = 1.0, 0.75, 0.15


class NothingLeftError(ValueError):
    """The vectors cancel each other out: nothing is nearer to them than anything else."""


def fed_back(examples: Float32Array, likes: Float32Array, unlikes: Float32Array) -> Float32Array:
    """Return the vector (D,), norm 1, of the means of unit vectors (E, D), (L, D) and (U, D).

    q = 1 mean(examples) + 0.75 mean(likes) - 0.15 mean(unlikes), after Rocchio, "Relevance
    Feedback in Information Retrieval", 1971; any of them may be empty. Where no vector has a
    component below 0 (features after ReLU), neither has the result: what is below counts as 0.
    Raises `NothingLeftError` where nothing is left.
    """
    groups = (examples, QUERY_WEIGHT), (likes, LIKE_WEIGHT), (unlikes, -UNLIKE_WEIGHT)
    moved = np.zeros(examples.shape[1], dtype=np.float32)
    for rows, weight in groups:
        if len(rows):
            moved += np.float32(weight) * rows.mean(axis=0)
    if all((rows >= 0).all() for rows, _weight in groups):
        moved = np.maximum(moved, 0)
    if np.linalg.norm(moved) < 1e-6:
        raise NothingLeftError
    return unit_rows(moved[None])[0]


def shares(examples: int, likes: int, unlikes: int) -> list[float]:
    """Return the weight of each of so many examples, likes and unlikes, in this order."""
    groups = (examples, QUERY_WEIGHT), (likes, LIKE_WEIGHT), (unlikes, -UNLIKE_WEIGHT)
    return [weight / number for number, weight in groups for _one in range(number)]
