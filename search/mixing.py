"""Several sets of local features asked as one: their similarities are added up.

For what is compared by products of vectors, that is the same as adding up the vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalog.descriptors.local.features import LocalFeatures
from catalog.vectors import Float32Array

from .engines import Answer, SearchEngine, scanned


@dataclass(frozen=True, slots=True)
class Mixture:
    """Local features of several pictures, and how much each counts; below 0: against."""

    features: tuple[LocalFeatures, ...]
    weights: tuple[float, ...]


def answer_of(
    engine: SearchEngine, queries: Sequence[Any], k: int, *, within: int | None
) -> Answer:
    """Return what the engine answers, where a query may also be a `Mixture` of several."""
    if not any(isinstance(query, Mixture) for query in queries):
        return engine.answer(queries, k, within=within)
    answers = [mixed(engine, query, k, within) for query in queries]
    deep = min(answer.ids.shape[1] for answer in answers)
    return Answer(
        np.concatenate([answer.ids[:, :deep] for answer in answers]),
        np.concatenate([answer.scores[:, :deep] for answer in answers]),
        scanned(len(answers)),
        answers[0].count,
        answers[0].measure,
    )


def mixed(
    engine: SearchEngine, query: Mixture | LocalFeatures, k: int, within: int | None
) -> Answer:
    """Return the answer to one mixture; its scores are shares of the weights above 0."""
    if not isinstance(query, Mixture):
        query = Mixture((query,), (1.0,))
    count = max(1, engine.count(within=within))
    answer = engine.answer(query.features, count, within=within)
    ids = np.sort(answer.ids[0])
    weights = np.array(query.weights, dtype=np.float32)
    total = weights @ aligned(answer, answer.scores, ids) / weights[weights > 0].sum()
    order = np.argsort(-total, kind="stable")[:k]
    # Ordered as they are; shown, no similarity is below 0.
    scores = np.maximum(total[order], 0)[None]
    return Answer(ids[order][None], scores, scanned(1), answer.count, answer.measure)


def aligned(answer: Answer, scores: Float32Array, common: np.ndarray) -> Float32Array:
    """Return an answer's scores (Q, N) in the order of the ids `common`, which it has all."""
    by_id = np.argsort(answer.ids, axis=1, kind="stable")
    ids = np.take_along_axis(answer.ids, by_id, axis=1)
    scores = np.take_along_axis(scores, by_id, axis=1)
    return (
        np.stack([row[np.searchsorted(own, common)] for own, row in zip(ids, scores, strict=True)])
        if len(common)
        else np.empty((len(ids), 0), dtype=np.float32)
    )
