"""Replays feedback on a benchmark: rank, mark what is shown by its labels, ask again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from catalog.descriptors import Description
from search.plain_ranking import rank_plain
from search.questions.reading import descriptions_of_images, join
from search.ranking import stacked_queries
from search.recipes import Recipe

from ..measures.metrics import average_precision, judge, mean_average_precision
from ..measures.protocols import Protocol
from ..measures.residual import clicks, means, residual_average_precision
from ..models import Benchmark, Topic
from ..runs.query_vectors import OnProgress
from ..runs.ranking import NothingToSearch, check_vectors, describe_topics
from ..runs.runner import EvaluationError, choose_protocol, told_in_words

ROUNDS, SHOWN = 3, 10
MOST_ROUNDS, MOST_SHOWN = 10, 100


class ReplayInterrupted(Exception):
    """The replay was asked to end."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is measured after so many rounds of marks: means over topics, in [0, 1].

    `map`: of the whole collection, marked images among the results. `residual`: without what was
    seen in any round, over the `topics` that have positives left then. `likes` and
    `unlikes`: marks so far, a topic's mean.
    """

    map: float | None
    residual: float | None
    topics: int
    likes: float
    unlikes: float


@dataclass(slots=True)
class Session:
    """One topic's searching: its labels by image, its marks, and its ranking in each round."""

    topic: Topic
    positives: np.ndarray
    ignored: np.ndarray
    likes: list[int]
    unlikes: list[int]
    seen: set[int]
    rankings: list[np.ndarray]


def replay(
    *,
    benchmark: Benchmark,
    recipe: Recipe,
    protocol: str | None = None,
    rounds: int = ROUNDS,
    shown: int = SHOWN,
    crop: bool = True,
    on_progress: OnProgress = lambda done, total: None,
    on_round: OnProgress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Round]:
    """Return what is measured before any mark, and after each of so many rounds.

    In each round the first `shown` results that were not seen yet are marked by their labels, and
    the query is asked again with all marks, as pages do: without geometry, which compares with one
    picture. `on_progress` gets (query pictures described, to describe), `on_round` (rounds ranked,
    to rank). Raises `EvaluationError` as an evaluation does, and `ReplayInterrupted`.
    """
    chosen = choose_protocol(benchmark=benchmark, name=protocol)
    recipe = recipe.plain
    with told_in_words():
        sessions, queries = begun(benchmark, recipe, chosen, crop, on_progress, should_stop)
        counted: list[tuple[float, float]] = []
        for number in range(rounds + 1):
            if should_stop():
                raise ReplayInterrupted
            on_round(number, rounds + 1)
            ask(sessions, queries, recipe, benchmark)
            likes = np.mean([len(session.likes) for session in sessions])
            unlikes = np.mean([len(session.unlikes) for session in sessions])
            counted.append((float(likes), float(unlikes)))
            if number < rounds:
                for session in sessions:
                    mark(session, shown)
    on_round(rounds + 1, rounds + 1)
    return measured(sessions, counted)


def begun(
    benchmark: Benchmark,
    recipe: Recipe,
    protocol: Protocol,
    crop: bool,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
) -> tuple[list[Session], dict[str, dict[int, Description]]]:
    """Return the topics that can be searched for with their labels, and their descriptions."""
    collection = benchmark.collection
    topics = list(benchmark.topics.order_by("position").prefetch_related("judgements"))
    try:
        check_vectors(recipe, collection, "default")
    except NothingToSearch as error:
        raise EvaluationError(str(error)) from error
    queries, told = describe_topics(topics, collection, recipe, crop, on_progress, should_stop)
    if told.interrupted:
        raise ReplayInterrupted
    numbers = {name: pk for pk, name in collection.images.values_list("pk", "name")}
    sessions = [
        session_of(topic, protocol, numbers)
        for topic in topics
        if all(topic.pk in found for found in queries.values())
    ]
    sessions = [session for session in sessions if session.positives.size]
    if not sessions:
        raise EvaluationError(_("None of the topics can be searched for."))
    return sessions, queries


def session_of(topic: Topic, protocol: Protocol, numbers: Mapping[str, int]) -> Session:
    def labelled(labels: Sequence[str]) -> np.ndarray:
        found = [numbers.get(one.name) for one in topic.judgements.all() if one.label in labels]
        return np.unique(np.array([pk for pk in found if pk is not None], dtype=np.int64))

    positives = labelled(protocol.positives)
    ignored = np.setdiff1d(labelled(protocol.ignored), positives)
    return Session(topic, positives, ignored, [], [], set(), [])


def ask(
    sessions: Sequence[Session],
    queries: Mapping[str, Mapping[int, Description]],
    recipe: Recipe,
    benchmark: Benchmark,
) -> None:
    """Rank the whole collection for every session, with all of its marks."""
    found: dict[str, list[Any]] = {}
    for describer in recipe.describers:
        marked = sorted({pk for one in sessions for pk in (*one.likes, *one.unlikes)})
        stored = descriptions_of_images(describer, marked)
        found[describer.name] = [
            join(
                describer,
                [queries[describer.name][session.topic.pk]],
                [stored[pk] for pk in session.likes if pk in stored],
                [stored[pk] for pk in session.unlikes if pk in stored],
            )
            for session in sessions
        ]
    collection = benchmark.collection
    answer = rank_plain(
        recipe=recipe,
        queries=stacked_queries(recipe, found),
        k=max(1, collection.images.count()),
        within=frozenset([collection.pk]),
    )
    for session, ids in zip(sessions, answer.ids, strict=True):
        session.rankings.append(ids)


def mark(session: Session, shown: int) -> None:
    made = clicks(
        session.rankings[-1],
        positives=session.positives,
        ignored=session.ignored,
        seen=session.seen,
        shown=shown,
    )
    session.likes += made.likes
    session.unlikes += made.unlikes
    fresh = [image for image in session.rankings[-1].tolist() if image not in session.seen]
    session.seen.update(fresh[:shown])


def measured(sessions: Sequence[Session], counted: Sequence[tuple[float, float]]) -> list[Round]:
    """Measure every round's rankings, now that it is known what is ever seen."""
    residual, topics = means(
        [
            [
                residual_average_precision(
                    ranking,
                    positives=session.positives,
                    ignored=session.ignored,
                    seen=sorted(session.seen),
                )
                for ranking in session.rankings
            ]
            for session in sessions
        ]
    )
    return [
        Round(
            mean_average_precision(
                average_precision(judge(one.rankings[number], one.positives, one.ignored))
                for one in sessions
            ),
            residual[number],
            topics,
            likes,
            unlikes,
        )
        for number, (likes, unlikes) in enumerate(counted)
    ]


def as_values(rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """Return rounds as JSON can hold them."""
    return [asdict(one) for one in rounds]
