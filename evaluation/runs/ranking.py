"""Topics -> rankings by a recipe, and how long ranking one of them takes."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.descriptors import Description
from catalog.models import Collection
from catalog.visibility import Scope
from search.ranking import Bounds, Queries, rank, stacked_queries
from search.recipes import Recipe
from search.services import count_searchable, nothing_to_rank

from ..formats.tables import IntArray
from ..models import Topic
from .query_vectors import OnProgress, QueryVectors, query_vectors

# Ranked once more one by one, as a page ranks: the median tells what one search takes.
TIMED_TOPICS = 11
TIMED_DEPTH = 100


class NothingToSearch(Exception):
    """No picture of the collection has vectors of a part of the recipe; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class TopicRankings:
    """`ids` (Q, K): image ids, best first, of the topics `order` (ids of topics).

    `queries.reasons` says why other topics have none. `seconds_per_query`: the median over up to
    11 topics of ranking one query for its first 100 results, without describing it. `proven` (Q):
    by how many points geometry proved which images, by id.
    """

    order: list[int]
    ids: IntArray
    queries: QueryVectors
    seconds_per_query: float | None
    proven: Sequence[Mapping[int, int]] = ()


def rank_topics(
    *,
    topics: Sequence[Topic],
    collection: Collection,
    recipe: Recipe,
    engine: str,
    use_box: bool,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
) -> TopicRankings | None:
    """Rank the whole collection for every topic; None where `should_stop` said so.

    Raises `NothingToSearch`, and `DescriptorError` where the weights cannot be had.
    """
    check_vectors(recipe, collection, engine)
    vectors, queries = describe_topics(
        topics, collection, recipe, use_box, on_progress, should_stop
    )
    if queries.interrupted:
        return None
    order = [topic.pk for topic in topics if all(topic.pk in found for found in vectors.values())]
    if not order:
        return TopicRankings([], np.empty((0, 0), np.int64), queries, None)
    asked = stacked_queries(
        recipe, {name: [found[pk] for pk in order] for name, found in vectors.items()}
    )
    answer = rank(
        recipe=recipe,
        queries=asked,
        k=collection.images.count(),
        within=frozenset([collection.pk]),
        engine=engine,
        bounds=Bounds(should_stop=should_stop),
    )
    if should_stop():
        return None
    seconds = median_seconds(recipe, asked, collection, engine)
    proven = [
        {image: found.inliers for image, found in verification.found.items()}
        for verification in answer.verifications or ()
    ]
    return TopicRankings(order, answer.ids, queries, seconds, proven)


def check_vectors(recipe: Recipe, collection: Collection, engine: str) -> None:
    """Raise `NothingToSearch` where the recipe ranks nothing of the collection."""
    scope = Scope.of(collection)
    if not count_searchable(scope=scope, engine=engine, recipe=recipe):
        raise NothingToSearch(nothing_to_rank(scope=scope, recipe=recipe))


def describe_topics(
    topics: Sequence[Topic],
    collection: Collection,
    recipe: Recipe,
    use_box: bool,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
) -> tuple[dict[str, dict[int, Description]], QueryVectors]:
    """Return each descriptor's vectors by topic, and what became of all of them together."""
    vectors: dict[str, dict[int, Description]] = {}
    together = QueryVectors()
    for descriptor in recipe.describers:
        if descriptor.name in vectors:
            continue
        before = together.described

        def note(done: int, total: int, before: int = before) -> None:
            on_progress(before + done, before + total)

        found = query_vectors(
            topics=topics,
            collection=collection,
            descriptor=descriptor,
            use_box=use_box,
            on_progress=note,
            should_stop=should_stop,
        )
        vectors[descriptor.name] = found.vectors
        together.reasons |= found.reasons
        together.described += found.described
        if found.interrupted:
            together.interrupted = True
            break
    return vectors, together


def median_seconds(recipe: Recipe, queries: Queries, collection: Collection, engine: str) -> float:
    """Return the median wall time of ranking one topic; what was asked before is warm."""
    number = min(TIMED_TOPICS, len(next(iter(queries.values()))))
    seconds = []
    for place in range(number):
        one = {name: rows[place : place + 1] for name, rows in queries.items()}
        began = time.perf_counter()
        rank(
            recipe=recipe,
            queries=one,
            k=TIMED_DEPTH,
            within=frozenset([collection.pk]),
            engine=engine,
        )
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))
