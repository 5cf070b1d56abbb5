"""Several sets of local features asked as one: their similarities are added up.

For what is compared by products of vectors, that is the same as adding up the vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalog.descriptors.local.features import LocalFeatures

from .answers import aligned, stacked
from .engines import Answer, SearchEngine, scanned


@dataclass(frozen=True, slots=True)
class Mixture:
    """Local features of several pictures, and how much each counts; below 0: against."""

    features: tuple[LocalFeatures, ...]
    weights: tuple[float, ...]


def answer_of(
    engine: SearchEngine, queries: Sequence[Any], k: int, *, within: frozenset[int] | None
) -> Answer:
    """Return what the engine answers, where a query may also be a `Mixture` of several."""
    if not any(isinstance(query, Mixture) for query in queries):
        return engine.answer(queries, k, within=within)
    return stacked([mixed(engine, query, k, within) for query in queries], k)


def mixed(
    engine: SearchEngine, query: Mixture | LocalFeatures, k: int, within: frozenset[int] | None
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
