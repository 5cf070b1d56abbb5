"""Trials of recipes as rows: asked for, measured, and stored."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from catalog.descriptors import DescriptorError
from catalog.models import Collection
from search.recipes import Recipe, RecipeError, get_recipe, known_recipes

from ..models import RecipeTrial
from ..runs.ranking import NothingToSearch, check_vectors
from .measuring import (
    OnProgress,
    Queries,
    Row,
    make_queries,
    measure,
    share_of_kinds,
)
from .sampling import sample

PICTURES = 60
MOST_PICTURES = 1000


class TrialError(Exception):
    """A trial cannot be done; the message, in the user's language, says why."""


def new_trial(
    *,
    collection: Collection,
    recipes: Sequence[str] = (),
    pictures: int = PICTURES,
    seed: int = 0,
) -> RecipeTrial:
    """Return a trial, not stored yet, of these recipes; of all that are known where none is named.

    Raises `TrialError` for an unknown recipe and an empty collection.
    """
    names = list(dict.fromkeys(recipes)) or [recipe.name for recipe in known_recipes()]
    try:
        for name in names:
            get_recipe(name)
    except (RecipeError, DescriptorError, ImproperlyConfigured) as error:
        raise TrialError(str(error)) from error
    if not collection.images.exists():
        text = _(
            "Collection “%(slug)s” contains no pictures. Import them with import_images first."
        )
        raise TrialError(text % {"slug": collection.slug})
    return RecipeTrial(collection=collection, recipes=names, pictures=pictures, seed=seed)


def try_recipes(
    *,
    on_progress: OnProgress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
    **asked: Any,
) -> RecipeTrial:
    """Do a whole trial at once; takes `new_trial`'s arguments.

    It is stored when it is done, and nothing of it before. `on_progress` gets (pictures described,
    pictures). Raises `TrialError`, and `TrialInterrupted` where `should_stop` said so.
    """
    trial = new_trial(**asked)
    carry_out(trial, on_progress, should_stop)
    trial.save()
    return trial


def carry_out(trial: RecipeTrial, on_progress: OnProgress, should_stop: Callable[[], bool]) -> None:
    """Measure, and write the outcome to the trial, which is not saved."""
    collection = trial.collection
    try:
        recipes, skipped = usable_recipes(trial.recipes, collection)
        if not recipes:
            raise TrialError(" ".join(reason for _name, reason in skipped))
        queries = make_queries(
            sample(collection, number=trial.pictures, seed=trial.seed),
            recipes,
            seed=trial.seed,
            on_progress=on_progress,
            should_stop=should_stop,
        )
        rows = measure(recipes, queries, collection, should_stop=should_stop)
    except (RecipeError, DescriptorError, ImproperlyConfigured) as error:
        raise TrialError(str(error)) from error
    if not rows:
        raise TrialError(
            _("None of the sampled pictures can be read and found by all of these ways to rank.")
        )
    trial.results = outcome(rows, queries, skipped)
    trial.best = rows[0].recipe.name


def usable_recipes(
    names: Sequence[str], collection: Collection
) -> tuple[list[Recipe], list[tuple[str, str]]]:
    """Return the recipes that can rank the collection, and the others with the reason."""
    usable, skipped = [], []
    for name in names:
        recipe = get_recipe(name)
        try:
            check_vectors(recipe, collection, "default")
        except (NothingToSearch, DescriptorError) as error:
            skipped.append((name, str(error)))
        else:
            usable.append(recipe)
    return usable, skipped


def outcome(
    rows: Sequence[Row], queries: Queries, skipped: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Return what a trial keeps, as JSON can hold it."""
    return {
        "rows": [row.as_dict() for row in rows],
        "skipped": [list(one) for one in skipped],
        "queries": len(queries.kinds),
        "pictures": len(set(queries.pictures)),
        "kinds": dict(share_of_kinds(queries)),
        "unreadable": queries.unreadable,
        "without_vectors": queries.without_vectors,
    }
