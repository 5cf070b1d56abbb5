"""Copies: pictures of one photograph, cropped, resized or edited, proven by local features. Reads
only.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from catalog.descriptors.local.base import LocalDescriptor
from catalog.models import Collection, Image

from ..geometry.copies import Copy, as_copy, the_other_way
from ..geometry.rules import Rules
from ..queries import NotDescribed, described_image
from ..ranking import rank, stacked_queries
from ..recipes import Recipe
from ..verifying import stored_features, verify_images
from .grouping import grouped

IMAGES_AT_A_TIME = 64


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, the one with more pixels first; `score` is the ranking's own.

    `copy` says how the second is made of the first.
    """

    first: Image
    second: Image
    score: float
    copy: Copy


@dataclass
class Copies:
    """What was found so far. `compared` counts pictures; `interrupted`: not all were compared."""

    pairs: list[Pair] = field(default_factory=list)
    compared: int = 0
    interrupted: bool = False

    def groups(self) -> list[list[Pair]]:
        """Return the pairs that hang together, the largest group first."""
        by_ids = {(pair.first.pk, pair.second.pk): pair for pair in self.pairs}
        return [[by_ids[key] for key in group] for group in grouped(by_ids)]


def find_copies(
    *,
    collection: Collection,
    recipe: Recipe,
    nearest: int,
    local: LocalDescriptor,
    mirrored: bool = False,
    on_progress: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Copies:
    """Return the pairs that are proven among each picture and the `nearest` others.

    `recipe` says which are near; with `mirrored`, mirror images count too. Memory: two numbers for
    each pair that was looked at. Raises `DescriptorError`.
    """
    result = Copies()
    rules = Rules(mirrored=mirrored)
    looked_at: set[tuple[int, int]] = set()
    ids = list(collection.images.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), IMAGES_AT_A_TIME):
        part = ids[start : start + IMAGES_AT_A_TIME]
        for image, others in near(part, collection, recipe, nearest):
            if should_stop():
                result.interrupted = True
                return result
            new = {
                other: key
                for other in others
                if (key := pair_key(image, other[0])) not in looked_at
            }
            looked_at |= set(new.values())
            result.pairs += copies_among(image, list(new), local, rules)
        result.compared += len(part)
        on_progress(len(part))
    return result


def near(
    ids: Sequence[int], collection: Collection, recipe: Recipe, nearest: int
) -> Iterator[tuple[Image, list[tuple[Image, float]]]]:
    """Yield those of the images that can be searched with, and the nearest others with scores."""
    images = Image.objects.in_bulk(ids)
    asked: dict[int, dict[str, Any]] = {}
    for pk, image in images.items():
        with suppress(NotDescribed):
            asked[pk] = described_image(image=image, recipe=recipe.plain)
    if not asked:
        return
    names = next(iter(asked.values()))
    queries = {name: [one[name] for one in asked.values()] for name in names}
    answer = rank(
        recipe=recipe.plain,
        queries=stacked_queries(recipe.plain, queries),
        k=nearest + 1,
        within=frozenset([collection.pk]),
    )
    others = Image.objects.in_bulk(set(answer.ids.ravel().tolist()))
    for pk, row, scores in zip(asked, answer.ids.tolist(), answer.scores.tolist(), strict=True):
        found = [(others[i], score) for i, score in zip(row, scores, strict=True) if i in others]
        yield images[pk], [one for one in found if one[0].pk != pk][:nearest]


def pair_key(one: Image, other: Image) -> tuple[int, int]:
    return min(one.pk, other.pk), max(one.pk, other.pk)


def copies_among(
    image: Image, others: Sequence[tuple[Image, float]], local: LocalDescriptor, rules: Rules
) -> Iterator[Pair]:
    """Yield those of the others, given with their scores, that are of one photograph with it."""
    ((_pk, own),) = stored_features([image.pk], local, lambda: False)
    if own is None or not others:
        return
    by_id = {other.pk: (other, score) for other, score in others}
    proven = verify_images(query=own, images=list(by_id), local=local, rules=rules).found
    for pk, features in stored_features(list(proven), local, lambda: False):
        other, score = by_id[pk]
        if features is None:
            continue
        first, second = by_size(image, other)
        sides = own, features, proven[pk]
        if first is not image:
            sides = features, own, the_other_way(proven[pk])
        sizes = (first.width, first.height), (second.width, second.height)
        if copy := as_copy(*sides, sizes=sizes):
            yield Pair(first, second, score, copy)


def by_size(one: Image, other: Image) -> tuple[Image, Image]:
    """Return the two, the one with more pixels first; of equals, the earlier."""
    return (one, other) if rank_of(one) <= rank_of(other) else (other, one)


def rank_of(image: Image) -> tuple[int, int]:
    return -image.width * image.height, image.pk
