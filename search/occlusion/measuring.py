"""How similar a picture is to a query, whole and with each part covered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from PIL import Image as PillowImage

from catalog.describing import describe_many
from catalog.descriptors import Description, Descriptor
from catalog.pixels import PictureError
from catalog.vectors import Float32Array

from ..recipes import Recipe
from .covering import COVERS, covered, heat

# Descriptors reduce pictures to less; a larger one would only take longer to cover.
LONGEST_SIDE = 1024
PICTURES_AT_A_TIME = 7


@dataclass(frozen=True, slots=True)
class OcclusionMap:
    """`similarity` of the whole hit to the query, in [-1, 1]; `lowest` with the worst cover;
    `cells` (CELLS, CELLS): how much similarity each cell is worth, by row."""

    similarity: float
    lowest: float
    cells: Float32Array


class OcclusionInterrupted(Exception):
    """It was asked to stop."""


def described_by(recipe: Recipe) -> list[Descriptor]:
    """Return the descriptors of vectors that the recipe asks with; only these can be explained."""
    return [one for one in recipe.plain.describers if isinstance(one, Descriptor)]


def occlusion_map(
    *,
    query: Mapping[str, Description],
    picture: PillowImage.Image,
    recipe: Recipe,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> OcclusionMap:
    """Measure what covering each part of an upright RGB picture does to its similarity.

    `query` has a unit vector (D,) for each of `described_by`; where there are several, similarities
    are averaged. Covered pictures without features count as not similar at all. Raises
    `OcclusionInterrupted`, and `DescriptorError` where the weights cannot be had.
    """
    small = picture.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    pictures = chain([small], covered(small))
    total = COVERS + 1
    found: list[float] = []
    while part := list(islice(pictures, PICTURES_AT_A_TIME)):
        if should_stop():
            raise OcclusionInterrupted
        found += similarities(part, query, described_by(recipe))
        on_progress(len(found), total)
    whole, rest = found[0], np.array(found[1:], np.float32)
    return OcclusionMap(whole, float(rest.min()), heat(whole - rest))


def similarities(
    pictures: Sequence[PillowImage.Image],
    query: Mapping[str, Description],
    descriptors: Sequence[Descriptor],
) -> Iterator[float]:
    """Yield how similar each of the pictures is to the query."""
    rows = []
    for descriptor in descriptors:
        prepared = [descriptor.prepare(picture) for picture in pictures]
        described = describe_many(pictures=prepared, descriptor=descriptor)
        sought = query[descriptor.name]
        rows.append([0.0 if isinstance(one, PictureError) else one @ sought for one in described])
    yield from np.mean(rows, axis=0).tolist()
