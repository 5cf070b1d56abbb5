"""What a round of feedback has changed: ranks before and after. Reads only."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from catalog.models import Image
from catalog.visibility import Scope

from ..models import Query
from ..narrowing import Narrowed, among, depth_for
from ..plain_ranking import rank_plain
from ..ranking import stacked_queries
from ..recipes import Recipe
from ..services import Hit
from .model import Question
from .reading import described_question

# Farther down, an earlier rank tells a reader nothing.
DEEPEST = 1000


def earlier_ranks(
    question: Question,
    own: Query | Image,
    recipe: Recipe,
    scope: Scope,
    narrowed: Narrowed,
    user: Any,
) -> dict[int, int]:
    """Return the ranks before the last round of feedback, to `DEEPEST`, by image.

    Among those images only that are shown. Empty where there was no round, or nothing could be
    asked before. Raises as `described_question`.
    """
    before = question.before
    if before is None or not before.can_be_asked:
        return {}
    recipe = recipe.plain
    described = described_question(question=before, own=own, recipe=recipe, user=user).described
    queries = stacked_queries(recipe, {name: [one] for name, one in described.items()})
    deep = depth_for(narrowed, scope, DEEPEST)
    answer = rank_plain(recipe=recipe, queries=queries, k=deep, within=scope.keys)
    answer = among(answer, narrowed, scope)
    ids = answer.ids[0, :DEEPEST].tolist()
    return {image: rank for rank, image in enumerate(ids, start=1)}


def with_marks(
    hits: Iterable[Hit], question: Question, earlier: dict[int, int], shown: int
) -> list[Hit]:
    """Return hits with what the user said of them, and how they moved.

    What was not among the first `shown` before is new.
    """
    marks = question.marks
    return [
        replace(
            hit,
            mark=marks.get(hit.image.pk),
            earlier=earlier.get(hit.image.pk),
            is_new=bool(earlier) and earlier.get(hit.image.pk, DEEPEST + 1) > shown,
        )
        for hit in hits
    ]
