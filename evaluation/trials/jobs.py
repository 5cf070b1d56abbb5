"""Trials of recipes as jobs, which pages start."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Collection
from work.asking import ask_for
from work.kinds import Interrupted, JobFailed, Kind, Progress, add_kind
from work.models import Job

from ..runs.jobs import noting
from .measuring import TrialInterrupted
from .running import TrialError, new_trial, try_recipes

NAME = "trial"


def run(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Try the recipes; the outcome has the stored trial's key."""
    collection = Collection.objects.filter(pk=arguments["collection"]).first()
    if collection is None:
        raise JobFailed(_("The collection was deleted meanwhile."))
    try:
        trial = try_recipes(
            collection=collection,
            recipes=arguments["recipes"],
            pictures=arguments["pictures"],
            seed=arguments["seed"],
            on_progress=noting(progress, _("Features of changed pictures")),
            should_stop=progress.should_stop,
        )
    except TrialError as error:
        raise JobFailed(str(error)) from error
    except TrialInterrupted as error:
        raise Interrupted from error
    return {"trial": trial.pk}


def title(arguments: Mapping[str, Any]) -> str:
    collection = Collection.objects.filter(pk=arguments["collection"]).first()
    return _("Trial of ways to rank: %(collection)s") % {"collection": collection or "–"}


def address(arguments: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    return reverse("evaluation:trial", args=[outcome["trial"]])


TRIAL = add_kind(Kind(name=NAME, title=title, run=run, address=address))


def ask_for_trial(*, user: Any, **asked: Any) -> Job:
    """Return the job that does this trial: a new one, or the same one under way.

    Takes `new_trial`'s arguments and raises as it does.
    """
    planned = new_trial(**asked)
    arguments = {
        "collection": planned.collection.pk,
        "recipes": planned.recipes,
        "pictures": planned.pictures,
        "seed": planned.seed,
    }
    return ask_for(kind=NAME, arguments=arguments, user=user)
