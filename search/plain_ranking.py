"""Rank by what a recipe says of vectors: ask engines, expand, fuse."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from catalog.descriptors import Descriptor
from catalog.vectors import Float32Array
from catalog.vectorstore import vectors_of

from .answers import aligned
from .engines import Answer, SearchEngine, get_engine, scanned
from .expansion import alpha_weighted, averaged
from .fusion import fuse_ranks, fuse_similarities
from .mixing import answer_of
from .recipes import Expansion, Recipe
from .regions import rank_by_regions

# Of fused scores in memory at once: 50 MB for each part.
SCORES_AT_ONCE = 4_000_000

# By the name of what a query is described by: unit vectors (Q, D), or Q `LocalFeatures`, each of
# which may also be a `Mixture`.
Queries = Mapping[str, Any]


def rank_plain(
    *,
    recipe: Recipe,
    queries: Queries,
    k: int,
    within: frozenset[int] | None = None,
    engine: str = "default",
) -> Answer:
    """Return the `k` best images of each query, as `SearchEngine.answer` does; no geometry.

    `queries` has what each part is asked by: (Q, D) unit vectors or Q sets of local features, by
    the name of the descriptor. Plain ranking is one search of the engine. Fused, each part ranks
    everything, images that lack one part take no part, and scores are the fused ones, in [0, 1].
    Raises `DescriptorError` where the weights of a part are gone.
    """
    if recipe.regions:
        return rank_by_regions(
            descriptor=recipe.vector_descriptors[0],
            queries=queries[recipe.descriptor.name],
            k=k,
            within=within,
        )
    engines = [get_engine(engine, descriptor=part.descriptor) for part in recipe.parts]
    rows = []
    for part, backend in zip(recipe.parts, engines, strict=True):
        backend.sync()
        asked = queries[part.descriptor.asked_by.name]
        if recipe.expansion is not None and isinstance(part.descriptor, Descriptor):
            asked = expanded(asked, recipe.expansion, part.descriptor, backend, within)
        rows.append(asked)
    if not recipe.is_fused:
        return answer_of(engines[0], rows[0], k, within=within)
    return fused(recipe, engines, rows, k, within)


def expanded(
    queries: Float32Array,
    expansion: Expansion,
    descriptor: Descriptor,
    engine: SearchEngine,
    within: frozenset[int] | None,
) -> Float32Array:
    """Return the queries (Q, D), each with what its first results have in common."""
    ids = engine.answer(queries, expansion.n, within=within).ids
    stored = vectors_of(descriptor.name).of_images(
        np.unique(ids).tolist(), model_id=descriptor.model_id, dim=descriptor.dim
    )
    rows = np.empty_like(queries)
    for place, (query, first) in enumerate(zip(queries, ids.tolist(), strict=True)):
        # One may have been deleted since.
        found = [stored[image] for image in first if image in stored]
        matrix = np.stack(found) if found else np.empty((0, len(query)), dtype=np.float32)
        rows[place] = (
            averaged(query, matrix)
            if expansion.method == "average"
            else alpha_weighted(query, matrix, expansion.alpha)
        )
    return rows


def fused(
    recipe: Recipe,
    engines: list[SearchEngine],
    queries: list[Any],
    k: int,
    within: frozenset[int] | None,
) -> Answer:
    """Rank everything by each part, and join the scores of the images that all parts have."""
    counts = [engine.count(within=within) for engine in engines]
    number = len(queries[0])
    at_once = max(1, SCORES_AT_ONCE // max(1, *counts))
    answers = [
        fused_slice(recipe, engines, [q[start : start + at_once] for q in queries], counts, within)
        # One slice even of no queries, so that there is something to join.
        for start in range(0, max(number, 1), at_once)
    ]
    ids = np.concatenate([found for found, _scores in answers])
    scores = np.concatenate([found for _ids, found in answers])
    keep = slice(None, min(k, ids.shape[1]))
    # Not computed any other way than exactly, whatever the engines.
    return Answer(ids[:, keep], scores[:, keep], scanned(number), ids.shape[1], "similarity")


def fused_slice(
    recipe: Recipe,
    engines: list[SearchEngine],
    queries: list[Any],
    counts: list[int],
    within: frozenset[int] | None,
) -> tuple[np.ndarray, Float32Array]:
    """Return ids (Q, N) and fused scores, best first, ties by id."""
    answers = [
        answer_of(engine, rows, max(1, count), within=within)
        for engine, rows, count in zip(engines, queries, counts, strict=True)
    ]
    common = answers[0].ids[0] if answers[0].ids.size else np.empty(0, np.int64)
    for answer in answers[1:]:
        common = np.intersect1d(common, answer.ids[0] if answer.ids.size else [])
    common = np.sort(common).astype(np.int64)
    weights = [part.weight for part in recipe.parts]
    if not len(common):
        scores = np.empty((len(queries[0]), 0), dtype=np.float32)
    elif recipe.fusion == "similarities":
        parts = [aligned(answer, similarities(answer), common) for answer in answers]
        scores = fuse_similarities(parts, weights)
    else:
        # By the scores themselves: similarities of tiny distances are rounded to the same.
        parts = [aligned(answer, worst_last(answer), common) for answer in answers]
        ranks = [np.argsort(np.argsort(rows, axis=1, kind="stable"), axis=1) + 1 for rows in parts]
        scores = fuse_ranks(ranks, weights)
    order = np.argsort(-scores, axis=1, kind="stable")
    return common[order], np.take_along_axis(scores, order, axis=1)


def similarities(answer: Answer) -> Float32Array:
    """Return an answer's scores as similarities (Q, K), the larger the better.

    Of distances between unit vectors, their products: 1 - d^2 / 2.
    """
    if answer.measure == "similarity":
        return answer.scores
    return np.float32(1) - answer.scores * answer.scores * np.float32(0.5)


def worst_last(answer: Answer) -> Float32Array:
    """Return an answer's scores (Q, K) so that the smaller are the better."""
    return answer.scores if answer.measure == "distance" else -answer.scores
