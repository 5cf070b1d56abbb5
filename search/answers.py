"""Answers cut, joined and brought into another order."""

from dataclasses import replace

import numpy as np

from catalog.vectors import Float32Array

from .engines import Answer


def only(answer: Answer, place: int) -> Answer:
    """Return the answer to one of the queries."""
    one = slice(place, place + 1)
    regions = None if answer.regions is None else answer.regions[one]
    return replace(
        answer,
        ids=answer.ids[one],
        scores=answer.scores[one],
        methods=answer.methods[one],
        regions=regions,
    )


def stacked(answers: list[Answer], k: int) -> Answer:
    """Return the answers to single queries as one, cut to `k`.

    And to the shortest: images may come or go between two searches.
    """
    deep = min(k, *(answer.ids.shape[1] for answer in answers))
    regions = [answer.regions[:, :deep] for answer in answers if answer.regions is not None]
    return Answer(
        np.concatenate([answer.ids[:, :deep] for answer in answers]),
        np.concatenate([answer.scores[:, :deep] for answer in answers]),
        tuple(method for answer in answers for method in answer.methods),
        answers[0].count,
        answers[0].measure,
        np.concatenate(regions) if regions else None,
        tuple(one for answer in answers for one in answer.verifications or ()),
    )


def kept(answer: Answer, wanted: np.ndarray) -> Answer:
    """Return the answer to one query, cut to the images `wanted`; `count` is how many they are.

    The answer must be of everything: images that stood beyond its end could not come in.
    """
    keep = np.isin(answer.ids[0], wanted)
    regions = None if answer.regions is None else answer.regions[:, keep]
    return replace(
        answer,
        ids=answer.ids[:, keep],
        scores=answer.scores[:, keep],
        regions=regions,
        count=int(np.count_nonzero(keep)),
    )


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
