"""A collection's own pictures as queries: which recipe finds the picture that each was made of?"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from catalog.describing import describe_many
from catalog.descriptors import Description, PictureDescriptor
from catalog.models import Collection, Image
from catalog.pixels import PictureError
from catalog.querysets import in_parts
from search.ranking import Queries as RankQueries
from search.ranking import rank, stacked_queries
from search.recipes import Recipe

from ..measures.known_item import SIGNIFICANT, KnownItem, chance_of, known_item, reciprocal_rank
from .sampling import Sampled, queries_of

# A right picture further down counts as not found.
DEPTH = 100
QUERIES_AT_A_TIME = 64

OnProgress = Callable[[int, int], None]


class TrialInterrupted(Exception):
    """It was asked to stop; nothing of the trial was stored."""


@dataclass
class Queries:
    """What was made of a sample, described by every descriptor: row i of each array is query i.

    `right[i]`: ids that are right; `pictures[i]`: id of the image it was made of; `kinds[i]`: how.
    `unreadable` counts images that could not be read, `without_vectors` those that some recipe
    cannot find because it has no vector of them.
    """

    vectors: dict[str, list[Description]] = field(default_factory=dict)
    right: list[frozenset[int]] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    unreadable: int = 0
    without_vectors: int = 0

    def of(self, recipe: Recipe, start: int, stop: int) -> RankQueries:
        """Return a stretch of the queries as the recipe asks them."""
        names = [one.name for one in recipe.describers]
        return stacked_queries(recipe, {name: self.vectors[name][start:stop] for name in names})


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one recipe. `chance`: p-value of being as good as the best, None for
    the best itself; `ranked`: pictures that it ranks."""

    recipe: Recipe
    figures: KnownItem
    ranked: int
    seconds_per_query: float
    chance: float | None

    @property
    def is_as_good(self) -> bool:
        """Whether it cannot be told apart from the best."""
        return self.chance is None or self.chance >= SIGNIFICANT

    def as_dict(self) -> dict[str, Any]:
        interval = self.figures.interval
        return {
            "recipe": self.recipe.name,
            "title": str(self.recipe.title or self.recipe.name),
            "facts": self.recipe.facts(),
            "mean": self.figures.mean,
            "low": interval.low,
            "high": interval.high,
            "first": self.figures.first,
            "by_kind": dict(self.figures.by_kind),
            "ranked": self.ranked,
            "seconds_per_query": self.seconds_per_query,
            "bytes_per_picture": self.recipe.bytes_per_image,
            "chance": self.chance,
            "as_good": self.is_as_good,
        }


def findable(sampled: Sequence[Sampled], recipes: Sequence[Recipe]) -> list[Sampled]:
    """Return those of the sample that are described by all that the recipes compare."""
    descriptors = {one.name: one for recipe in recipes for one in recipe.image_descriptors}
    left: set[int] = set()
    for part in in_parts([item.image.pk for item in sampled]):
        images = Image.objects.filter(pk__in=part)
        for descriptor in descriptors.values():
            images = images.with_current(descriptor.name, descriptor.model_id)
        left |= set(images.values_list("pk", flat=True))
    return [item for item in sampled if item.image.pk in left]


def make_queries(
    sampled: Sequence[Sampled],
    recipes: Sequence[Recipe],
    *,
    seed: int,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
) -> Queries:
    """Make and describe the queries of a sample for these recipes, a picture at a time.

    `on_progress` gets (pictures done, pictures). Raises `TrialInterrupted` where `should_stop`
    said so, and `DescriptorError` where weights cannot be had.
    """
    usable = findable(sampled, recipes)
    descriptors = list({one.name: one for recipe in recipes for one in recipe.describers}.values())
    made = Queries(without_vectors=len(sampled) - len(usable))
    made.vectors = {descriptor.name: [] for descriptor in descriptors}
    on_progress(0, len(usable))
    for done, item in enumerate(usable, start=1):
        if should_stop():
            raise TrialInterrupted
        try:
            add_picture(made, item, descriptors, seed)
        except PictureError:
            made.unreadable += 1
        on_progress(done, len(usable))
    return made


def add_picture(
    made: Queries, item: Sampled, descriptors: Sequence[PictureDescriptor], seed: int
) -> None:
    """Describe what is made of one picture; what one descriptor cannot describe, none gets."""
    kinds, prepared = [], []
    for kind, picture in queries_of(item, seed=seed):
        kinds.append(kind)
        prepared.append([descriptor.prepare(picture) for descriptor in descriptors])
    described = [
        describe_many(pictures=[row[place] for row in prepared], descriptor=descriptor)
        for place, descriptor in enumerate(descriptors)
    ]
    for number, kind in enumerate(kinds):
        vectors = [rows[number] for rows in described]
        if any(isinstance(vector, PictureError) for vector in vectors):
            continue
        for descriptor, vector in zip(descriptors, vectors, strict=True):
            made.vectors[descriptor.name].append(vector)
        made.right.append(item.right)
        made.pictures.append(item.image.pk)
        made.kinds.append(kind)


def reciprocal_ranks(
    recipe: Recipe, queries: Queries, collection: Collection, engine: str
) -> tuple[np.ndarray, int, float]:
    """Rank for every query: (reciprocal ranks (Q,), pictures ranked, seconds a query)."""
    values: list[float] = []
    ranked = 0
    seconds = 0.0
    for start in range(0, len(queries.kinds), QUERIES_AT_A_TIME):
        asked = queries.of(recipe, start, start + QUERIES_AT_A_TIME)
        began = time.perf_counter()
        answer = rank(
            recipe=recipe, queries=asked, k=DEPTH, within=frozenset([collection.pk]), engine=engine
        )
        seconds += time.perf_counter() - began
        ranked = answer.count
        rights = queries.right[start : start + QUERIES_AT_A_TIME]
        values += [reciprocal_rank(row, one) for row, one in zip(answer.ids, rights, strict=True)]
    return np.array(values), ranked, seconds / max(1, len(values))


def measure(
    recipes: Sequence[Recipe],
    queries: Queries,
    collection: Collection,
    *,
    engine: str = "default",
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Row]:
    """Measure every recipe on the same queries, best first; equal figures: fewer bytes first.

    Raises `TrialInterrupted` where `should_stop` said so. Empty without queries.
    """
    if not queries.kinds:
        return []
    found: list[tuple[Recipe, np.ndarray, int, float]] = []
    for recipe in recipes:
        if should_stop():
            raise TrialInterrupted
        found.append((recipe, *reciprocal_ranks(recipe, queries, collection, engine)))
    found.sort(key=lambda one: (-float(one[1].mean()), one[0].bytes_per_image))
    best = found[0][1]
    return [
        Row(
            recipe=recipe,
            figures=known_item(values, queries.pictures, queries.kinds),
            ranked=ranked,
            seconds_per_query=seconds,
            chance=None if place == 0 else chance_of(best, values, queries.pictures),
        )
        for place, (recipe, values, ranked, seconds) in enumerate(found)
    ]


def share_of_kinds(queries: Queries) -> Mapping[str, int]:
    """Return how many queries there are of each kind."""
    return {kind: queries.kinds.count(kind) for kind in dict.fromkeys(queries.kinds)}
