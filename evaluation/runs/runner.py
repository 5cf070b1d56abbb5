"""Benchmark x recipe x engine x protocol -> a run: rank every topic, measure, store."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from catalog.descriptors import Descriptor, DescriptorError
from catalog.models import Collection, Image
from catalog.names import printable
from search.recipes import Recipe, RecipeError

from ..formats.tables import IntArray, NameTable
from ..measures.protocols import PROTOCOLS, Protocol
from ..models import Benchmark, EvaluationRun, Source, Topic
from .code_version import code_version, library_versions
from .query_vectors import OnProgress, QueryVectors
from .ranking import NothingToSearch, TopicRankings, rank_topics
from .recipes import chosen_recipe, engine_options, recipe_fields
from .recording import Ranked, finish

REASONS_NAMED = 5


class EvaluationError(Exception):
    """An evaluation cannot be done; the message, in the user's language, says why."""


class EvaluationInterrupted(Exception):
    """It was asked to stop before everything was ranked; nothing of the run was stored."""


def choose_protocol(*, benchmark: Benchmark, name: str | None) -> Protocol:
    """Return the protocol, or the benchmark's usual one for None.

    Raises `EvaluationError` naming the choices where the benchmark has other labels.
    """
    choices = benchmark.protocols
    chosen = PROTOCOLS.get(name) if name else (choices[0] if choices else None)
    if chosen is None or chosen not in choices:
        raise EvaluationError(
            _("Benchmark “%(benchmark)s” has no protocol “%(name)s”; its protocols: %(choices)s.")
            % {
                "benchmark": benchmark.name,
                "name": name or "",
                "choices": ", ".join(choice.name for choice in choices),
            }
        )
    return chosen


def new_run(
    *,
    benchmark: Benchmark,
    protocol: str | None = None,
    crop: bool = True,
    exclude_self: bool = False,
    engine: str = "default",
    recipe: Recipe | None = None,
    descriptor: Descriptor | None = None,
) -> EvaluationRun:
    """Return a run, not stored yet, that says what is to be done.

    Ranks by `recipe`, or plainly by `descriptor`; by the reference descriptor where neither is
    given. Raises `EvaluationError` for an unknown protocol or engine, and for weights that are
    not there.
    """
    chosen = choose_protocol(benchmark=benchmark, name=protocol)
    with told_in_words():
        by_recipe = chosen_recipe(recipe, descriptor)
        options = engine_options(by_recipe, engine)
        by = recipe_fields(by_recipe, benchmark.collection)
    return EvaluationRun(
        benchmark=benchmark,
        source=Source.SEARCH,
        protocol=chosen.name,
        collection_slug=benchmark.collection.slug,
        engine=engine,
        engine_options=options,
        crop=crop,
        exclude_self=exclude_self,
        code_version=code_version(),
        library_versions=library_versions(),
        topics_total=benchmark.topics.count(),
        **by,
    )


def evaluate(
    *,
    on_progress: OnProgress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
    recipe: Recipe | None = None,
    descriptor: Descriptor | None = None,
    **asked: Any,
) -> EvaluationRun:
    """Do a whole evaluation at once; takes `new_run`'s arguments.

    The run is stored when it is done, and nothing of it before; query vectors stay. `on_progress`
    gets (query vectors described, to describe). Raises `EvaluationError`, and
    `EvaluationInterrupted` where `should_stop` said so.
    """
    started = time.monotonic()
    with told_in_words():
        recipe = chosen_recipe(recipe, descriptor)
    run = new_run(recipe=recipe, **asked)
    with told_in_words():
        ranked = rank(run, recipe, on_progress, should_stop)
    finish(run=run, ranked=ranked, started=started)
    return run


@contextmanager
def told_in_words() -> Iterator[None]:
    """Turn what a wrong configuration raises into `EvaluationError`."""
    try:
        yield
    except (DescriptorError, RecipeError, ImproperlyConfigured) as error:
        raise EvaluationError(str(error)) from error


def rank(
    run: EvaluationRun,
    recipe: Recipe,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
) -> Ranked:
    """Describe the queries and rank the whole collection for all of them in one search."""
    collection = run.benchmark.collection
    topics = list(run.benchmark.topics.order_by("position"))
    try:
        found = rank_topics(
            topics=topics,
            collection=collection,
            recipe=recipe,
            engine=run.engine,
            use_box=bool(run.crop),
            on_progress=on_progress,
            should_stop=should_stop,
        )
    except NothingToSearch as error:
        raise EvaluationError(str(error)) from error
    if found is None:
        raise EvaluationInterrupted
    if not found.order:
        raise EvaluationError(no_queries(topics, found.queries))
    run.seconds_per_query = found.seconds_per_query
    images = image_names(collection)
    names, rows = positions_of(found.ids, images)
    return Ranked(
        table=NameTable(names),
        rankings=by_name(topics, dict(zip(found.order, rows, strict=True))),
        reasons=by_name(topics, found.queries.reasons),
        present=frozenset(images.values()),
        pairs=[(name, run.model_id) for name in names],
        proven=by_name(topics, proven_names(found, images)),
    )


def image_names(collection: Collection) -> dict[int, str]:
    """Return the name of every image of the collection by its id."""
    images = Image.objects.filter(collection=collection)
    return dict(images.order_by("pk").values_list("pk", "name"))


def positions_of(ids: IntArray, images: Mapping[int, str]) -> tuple[list[str], list[IntArray]]:
    """Turn rankings (Q, K) of image ids into positions in the list of names that they share.

    Images deleted since the engine last synced are left out.
    """
    known = np.unique(ids)
    here = np.array([pk in images for pk in known.tolist()], dtype=bool)
    place = np.where(here, np.cumsum(here) - 1, -1)
    positions = place[np.searchsorted(known, ids)]
    names = [images[pk] for pk in known[here].tolist()]
    return names, [row[row >= 0] for row in positions]


def proven_names(found: TopicRankings, images: Mapping[int, str]) -> dict[int, dict[str, int]]:
    """Return by how many points which names are proven, by topic's id."""
    return {
        topic: {images[pk]: inliers for pk, inliers in proven.items() if pk in images}
        for topic, proven in zip(found.order, found.proven, strict=False)
    }


def by_name(topics: list[Topic], values: Mapping[int, Any]) -> dict[str, Any]:
    """Return the values by their topics' names instead of ids, in the topics' order."""
    return {topic.name: values[topic.pk] for topic in topics if topic.pk in values}


def no_queries(topics: list[Topic], queries: QueryVectors) -> str:
    """Say that no topic could be searched for, and why the first few could not."""
    named = " ".join(
        f"{printable(topic.name)}: {queries.reasons[topic.pk]}"
        for topic in topics[:REASONS_NAMED]
        if topic.pk in queries.reasons
    )
    return _("None of the %(number)d topics can be evaluated. %(named)s") % {
        "number": len(topics),
        "named": named,
    }
