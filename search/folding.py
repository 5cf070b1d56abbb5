"""Hits that are nearly the same as one before them, folded under it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from catalog.descriptors import Descriptor
from catalog.vectors import Float32Array

from .duplicates.pairs import NEARLY_SAME
from .sampling import readable_rows

if TYPE_CHECKING:
    from .services import Hit, Results


def folded(found: "Results", hits: Sequence["Hit"]) -> list["Hit"]:
    """Return the hits without those nearly the same as one before, which has them as `copies`.

    Nearly the same is what it is among duplicates: within a share of the usual distance, which
    here is the query's. Where no plain distances are known, and of hits that the user marked,
    none is folded.
    """
    descriptor, background = found.recipe.descriptor, found.background
    if background is None or not isinstance(descriptor, Descriptor):
        return list(hits)
    ids, rows = readable_rows(descriptor, [hit.image.pk for hit in hits])
    place = {pk: number for number, pk in enumerate(ids)}
    known = [hit for hit in hits if hit.image.pk in place and hit.mark is None]
    in_order = rows[[place[hit.image.pk] for hit in known]]
    copies: dict[int, list[Hit]] = {}
    for number, leader in enumerate(leaders(in_order, NEARLY_SAME * background.median)):
        if leader != number:
            copies.setdefault(known[leader].rank, []).append(known[number])
    gone = {hit.rank for some in copies.values() for hit in some}
    return [
        replace(hit, copies=tuple(copies.get(hit.rank, ()))) for hit in hits if hit.rank not in gone
    ]


def leaders(rows: Float32Array, distance: float) -> list[int]:
    """Return for each unit row (N, D) the first leader within the distance, or itself.

    A leader is a row that has none before it: what is near a copy only is no copy.
    """
    found: list[int] = []
    near = 2 - 2 * (rows @ rows.T) <= distance**2
    for number in range(len(rows)):
        before = [one for one in np.flatnonzero(near[number, :number]) if found[one] == one]
        found.append(int(before[0]) if before else number)
    return found
