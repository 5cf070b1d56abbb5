"""A whole collection compared with itself by its stored vectors, block by block. Reads only."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from django.utils.translation import gettext as _

from catalog.descriptors import Descriptor, DescriptorError
from catalog.models import Collection, Image
from catalog.visibility import Scope

from ..ranking import rank
from ..recipes import Recipe, default_recipe, searchable_recipes
from ..sampling import readable_rows, sampled_rows
from ..services import count_searchable, nothing_to_rank
from .pairs import NEARLY_SAME, WIDEST, NearestPairs, usual_distance

# Queries of one search: large enough for the matrix product to count, and 4 MB of fc6.
IMAGES_AT_A_TIME = 256
# How many others each picture is paired with; larger groups hang together by their members.
NEAREST = 20
# 20 bytes each.
MOST_PAIRS = 100_000


@dataclass
class Scan:
    """What was found. `usual`: the median distance between two pictures of the collection;
    `compared` counts pictures; `interrupted`: not all were compared."""

    usual: float
    pairs: NearestPairs = field(default_factory=lambda: NearestPairs(MOST_PAIRS))
    compared: int = 0
    interrupted: bool = False

    @property
    def suggested(self) -> float:
        """The distance within which pictures of this collection are nearly the same."""
        return NEARLY_SAME * self.usual

    @property
    def widest(self) -> float:
        return WIDEST * self.usual


def measures_distances(recipe: Recipe) -> bool:
    """Whether the recipe ranks by distances between stored vectors of whole pictures."""
    return isinstance(recipe.descriptor, Descriptor) and not (
        recipe.is_fused or recipe.regions or recipe.expansion
    )


def recipe_for(collection: Collection) -> Recipe:
    """Return what tells best in this collection how far two pictures are apart.

    Its own way to rank where that measures distances, else the first that does. Raises
    `DescriptorError` where there is none.
    """
    for recipe in (default_recipe(collection), *searchable_recipes()):
        plain = recipe.plain
        if measures_distances(plain) and count_searchable(scope=Scope.of(collection), recipe=plain):
            return plain
    text = _("No picture of “%(slug)s” has a feature vector. Extract features first.")
    raise DescriptorError(text % {"slug": collection.slug})


def check_recipe(recipe: Recipe, collection: Collection) -> None:
    """Raise `DescriptorError` where nothing can be compared by this recipe."""
    if not measures_distances(recipe):
        text = _("“%(name)s” measures no distances: choose another way to rank.")
        raise DescriptorError(text % {"name": recipe.name})
    if not count_searchable(scope=Scope.of(collection), recipe=recipe):
        raise DescriptorError(nothing_to_rank(scope=Scope.of(collection), recipe=recipe))


def scan(
    *,
    collection: Collection,
    recipe: Recipe,
    nearest: int = NEAREST,
    widest: float | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Scan:
    """Return the pairs among each picture and the `nearest` others that are at most `widest` apart.

    Without `widest`, what the page can choose from. Memory: `MOST_PAIRS` pairs and one block.
    Raises as `check_recipe`.
    """
    check_recipe(recipe, collection)
    descriptor = recipe.vector_descriptors[0]
    numbers = Image.objects.filter(collection=collection).order_by("pk")
    ids = list(numbers.values_list("pk", flat=True))
    result = Scan(usual_distance(sampled_rows(descriptor, Scope.of(collection), len(ids))))
    bound = result.widest if widest is None else widest
    for start in range(0, len(ids), IMAGES_AT_A_TIME):
        if should_stop():
            result.interrupted = True
            break
        part = ids[start : start + IMAGES_AT_A_TIME]
        found, rows = readable_rows(descriptor, part)
        if found:
            queries = {descriptor.name: rows}
            answer = rank(
                recipe=recipe, queries=queries, k=nearest + 1, within=frozenset([collection.pk])
            )
            own = np.array(found, dtype=np.int64)
            result.pairs.add(own, answer.ids, answer.scores, bound)
        result.compared += len(found)
        on_progress(start + len(part), len(ids))
    result.pairs = result.pairs.in_order()
    return result
