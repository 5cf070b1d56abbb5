"""Pictures of a collection that are nearly the same, or of the same photograph. Reads only."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from catalog.descriptors.local.base import LocalDescriptor
from catalog.models import Collection, Image

from .geometry.copies import Copy, as_copy, the_other_way
from .geometry.rules import Rules
from .queries import NotDescribed, described_image
from .ranking import rank, stacked_queries
from .recipes import Recipe
from .verifying import stored_features, verify_images

IMAGES_AT_A_TIME = 64


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, the one with more pixels first; `score` is the ranking's own.

    `copy` says how the second is made of the first, where geometry was asked.
    """

    first: Image
    second: Image
    score: float
    copy: Copy | None = None


@dataclass
class Duplicates:
    """What was found so far. `compared` counts pictures; `interrupted`: not all were compared."""

    pairs: list[Pair] = field(default_factory=list)
    compared: int = 0
    interrupted: bool = False

    def groups(self) -> list[list[Pair]]:
        """Return the pairs that hang together, the largest group first."""
        group: dict[int, int] = {}

        def root(pk: int) -> int:
            while (up := group.setdefault(pk, pk)) != pk:
                pk = up
            return pk

        for pair in self.pairs:
            group[root(pair.second.pk)] = root(pair.first.pk)
        found: dict[int, list[Pair]] = {}
        for pair in self.pairs:
            found.setdefault(root(pair.first.pk), []).append(pair)
        return sorted(found.values(), key=len, reverse=True)


# Of a picture and others, in their order with their scores, those pairs that count.
Accept = Callable[[Image, Sequence[tuple[Image, float]]], Iterator[Pair]]


def find_duplicates(
    *,
    collection: Collection,
    recipe: Recipe,
    nearest: int,
    accept: Accept,
    on_progress: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Duplicates:
    """Return the pairs that `accept` finds among each picture and the `nearest` others.

    `recipe` says which are near. Memory: two numbers for each pair that was looked at. Raises
    `DescriptorError`.
    """
    result = Duplicates()
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
            result.pairs += accept(image, list(new))
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
        within=collection.pk,
    )
    others = Image.objects.in_bulk(set(answer.ids.ravel().tolist()))
    for pk, row, scores in zip(asked, answer.ids.tolist(), answer.scores.tolist(), strict=True):
        found = [(others[i], score) for i, score in zip(row, scores, strict=True) if i in others]
        yield images[pk], [one for one in found if one[0].pk != pk][:nearest]


def pair_key(one: Image, other: Image) -> tuple[int, int]:
    return min(one.pk, other.pk), max(one.pk, other.pk)


def within_distance(distance: float) -> Accept:
    """Accept what is no further apart than `distance`, by a recipe that measures distances."""

    def accept(image: Image, others: Sequence[tuple[Image, float]]) -> Iterator[Pair]:
        for other, score in others:
            if score <= distance:
                yield Pair(*by_size(image, other), score)

    return accept


def of_one_photograph(local: LocalDescriptor, *, mirrored: bool = False) -> Accept:
    """Accept copies of the same photograph, proven by their local features."""
    rules = Rules(mirrored=mirrored)

    def accept(image: Image, others: Sequence[tuple[Image, float]]) -> Iterator[Pair]:
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

    return accept


def by_size(one: Image, other: Image) -> tuple[Image, Image]:
    """Return the two, the one with more pixels first; of equals, the earlier."""
    return (one, other) if rank_of(one) <= rank_of(other) else (other, one)


def rank_of(image: Image) -> tuple[int, int]:
    return -image.width * image.height, image.pk
