"""Groups of a kept comparison, as pages show them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.core.paginator import Page, Paginator

from catalog.models import Image
from catalog.querysets import in_parts

from ..models import DuplicateScan
from .copies import rank_of
from .grouping import grouped, members

GROUPS_A_PAGE = 10
# Of one group; the others come up when some of these are gone.
SHOWN_OF_A_GROUP = 60
# Distances that are offered, beside any that is typed.
STEPS = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures that are nearly the same, the one with the most pixels first; `count`: all of them,
    of which `images` may be the first few."""

    images: list[Image]
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """A distance that can be chosen, and how many pairs are within it."""

    distance: float
    pairs: int
    is_suggested: bool


def groups_of(scan: DuplicateScan, distance: float) -> list[list[int]]:
    """Return the numbers of the images that belong together within a distance, largest first.

    Images that were deleted since are left out.
    """
    pairs = list(scan.pairs.within(distance))
    there: set[int] = set()
    for part in in_parts(list({pk for pair in pairs for pk in pair})):
        there |= set(Image.objects.filter(pk__in=part).values_list("pk", flat=True))
    return [members(group) for group in grouped(pair for pair in pairs if there >= set(pair))]


def page_of_groups(
    groups: Sequence[list[int]], number: int | str | None
) -> tuple[Page, list[Group]]:
    """Return a page of groups, the first or last for a number that is none, and their images."""
    page = Paginator(groups, GROUPS_A_PAGE).get_page(number)
    found = Image.objects.in_bulk([pk for group in page.object_list for pk in group])
    return page, [shown_group(group, found) for group in page.object_list]


def shown_group(group: Sequence[int], found: dict[int, Image]) -> Group:
    images = sorted((found[pk] for pk in group if pk in found), key=rank_of)
    return Group(images[:SHOWN_OF_A_GROUP], len(images))


def steps_of(scan: DuplicateScan) -> list[Step]:
    """Return distances to choose from, evenly up to the largest, the suggested one among them."""
    even = np.linspace(0, scan.widest, STEPS + 1)[1:].tolist()
    distances, suggested = scan.pairs.distances, round(scan.suggested, 6)
    return [
        Step(step, int(np.searchsorted(distances, step, side="right")), step == suggested)
        for step in sorted({suggested, *(round(step, 6) for step in even)})
    ]


def emptied(groups: Sequence[Sequence[int]], chosen: set[int]) -> int:
    """Return of how many groups nothing would remain without the chosen images."""
    return sum(chosen >= set(group) for group in groups)
