"""From what a program asks to a ranking: the services of the result pages, without a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from catalog.descriptors import Description, Descriptor
from catalog.models import Collection, Image
from catalog.vectors import unit_rows
from catalog.visibility import Scope
from search.asking import can_expand
from search.models import Query
from search.queries import NotDescribed, described_image, descriptions_of
from search.questions import Example, Question, QuestionError, described_question
from search.recipes import Recipe, RecipeError, default_recipe, get_recipe, proven
from search.recipes.model import Expansion
from search.services import Results, find_similar

from .problems import Problem, wrong_field


@dataclass(frozen=True, slots=True)
class Ranking:
    """An answered question; `lacking` pictures and marks did not count."""

    results: Results
    lacking: int


@dataclass(frozen=True, slots=True)
class Way:
    """How to rank: in `scope`, by `recipe`, `k` hits a page, for `user`.

    `narrowed`, arguments of `ImageQuerySet.narrowed`, says which images are told.
    """

    user: Any
    scope: Scope
    recipe: Recipe
    k: int
    page: int
    narrowed: Mapping[str, Any]


def found_recipe(name: str | None) -> Recipe | None:
    """Return the recipe of this name, None for none; raises `Problem` where there is none."""
    try:
        return get_recipe(name) if name else None
    except RecipeError as error:
        raise wrong_field("recipe", str(error)) from error


def chosen_way(
    *,
    user: Any,
    collection: Collection | None,
    recipe: str | None,
    expand: int | None,
    geometry: bool,
    k: int,
    page: int,
    narrowed: Mapping[str, Any],
) -> Way:
    """Return how to rank: in a collection (None: in all that the user sees); without a `recipe`,
    by the best that the collection has.

    Raises `Problem` for a recipe that does not exist, and for one that cannot be expanded.
    """
    chosen = found_recipe(recipe) or default_recipe(collection)
    if expand:
        if not can_expand(chosen):
            raise wrong_field("expand", _("This way to rank cannot be expanded."))
        chosen = replace(chosen, expansion=Expansion("alpha", expand))
    scope = Scope.of(collection) if collection else Scope.all_seen_by(user)
    chosen = proven(chosen, scope) if geometry else chosen.plain
    return Way(user, scope, chosen, k, page, narrowed)


def chosen_question(
    examples: Sequence[Example], likes: Sequence[int], unlikes: Sequence[int]
) -> Question:
    """Return the question of at least one example; raises `Problem` where it is too large."""
    question = Question(examples[0])
    try:
        for example in examples[1:]:
            question = question.and_also(example)
        return question.and_round(likes=likes, unlikes=unlikes, seen=())
    except QuestionError as error:
        raise wrong_field("examples", _("There are too many pictures or marks.")) from error


def ranked_question(question: Question, own: Query | Image, way: Way) -> Ranking:
    """Answer a question about `own` and what else it names. Raises `Problem`."""
    try:
        if question.is_composed:
            way = replace(way, recipe=way.recipe.plain)
            gathered = described_question(
                question=question, own=own, recipe=way.recipe, user=way.user
            )
            return Ranking(ranked(gathered.described, way), gathered.lacking)
        if isinstance(own, Image):
            return Ranking(ranked(described_image(image=own, recipe=way.recipe), way), 0)
        found = descriptions_of(query=own, descriptors=way.recipe.describers)
        return Ranking(ranked(found, way), 0)
    except NotDescribed as error:
        raise Problem(409, str(error)) from error


def ranked_vector(values: Sequence[float], way: Way) -> Ranking:
    """Answer what is near to a vector, which is brought to length 1. Raises `Problem`."""
    recipe = way.recipe.plain
    describers = recipe.describers
    if len(describers) != 1 or not isinstance(describers[0], Descriptor):
        text = _("A vector can be searched with by the recipe of one descriptor only.")
        raise wrong_field("vector", text)
    descriptor = describers[0]
    row = np.array(values, dtype=np.float64)
    if len(row) != descriptor.dim:
        text = _("Vectors of “%(name)s” have %(dim)s numbers, not %(number)s.") % {
            "name": descriptor.name,
            "dim": descriptor.dim,
            "number": len(row),
        }
        raise wrong_field("vector", text)
    largest = np.abs(row).max()
    if not np.isfinite(largest) or largest == 0:
        raise wrong_field("vector", _("The vector must be finite, and not zero."))
    unit = unit_rows((row / largest).astype(np.float32)[None])[0]
    return Ranking(ranked({descriptor.name: unit}, replace(way, recipe=recipe)), 0)


def ranked(described: Mapping[str, Description], way: Way) -> Results:
    return find_similar(
        described=described,
        scope=way.scope,
        recipe=way.recipe,
        page=way.page,
        page_size=way.k,
        narrowed=way.narrowed,
    )


def as_answer(
    ranking: Ranking, way: Way, *, question: Question | None, address: str | None
) -> dict[str, Any]:
    """Return what is told of a ranking, but the images, which are rows yet."""
    results = ranking.results
    marks = question.marks if question else {}
    verification = results.verification
    own = question.own.key if question else None
    own = own if isinstance(own, int) else None
    return {
        "count": results.ranked,
        "page": results.page,
        "pages": max(1, -(-results.ranked // way.k)),
        "recipe": results.recipe.name,
        "measure": results.measure,
        "checked": verification.is_complete if verification else None,
        "nothing_similar": results.page == 1
        and not way.narrowed
        and results.nothing_stands_out(own),
        "lacking": ranking.lacking,
        "address": address,
        "hits": [
            {
                "rank": hit.rank,
                "score": float(hit.score),
                "image": hit.image,
                "inliers": hit.inliers,
                "region": list(hit.region) if hit.region else None,
                "farther": hit.farther,
                "mark": marks.get(hit.image.pk),
            }
            for hit in results.hits
        ],
    }
