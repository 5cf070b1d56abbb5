"""Comparisons of a collection with itself as jobs, and what of them is kept."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.descriptors import DescriptorError
from catalog.models import Collection
from work.asking import ask_for
from work.kinds import Interrupted, JobFailed, Kind, Progress, Told, add_kind
from work.models import Job

from ..models import DuplicateScan
from ..recipes import get_recipe
from .scanning import Scan, check_recipe, recipe_for, scan

NAME = "duplicates"


def run(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Compare a collection with itself, and keep what was found instead of what was before.

    Arguments: `collection`, its key, and `recipe`. Returns the `collection`'s short name, and
    counts. Raises `JobFailed` where nothing can be compared, and `Interrupted`.
    """
    collection = Collection.objects.filter(pk=arguments["collection"]).first()
    if collection is None:
        raise JobFailed(_("The collection was deleted meanwhile."))
    try:
        found = scan(
            collection=collection,
            recipe=get_recipe(arguments["recipe"]).plain,
            on_progress=lambda done, total: progress.note(done, total, _("Pictures compared")),
            should_stop=progress.should_stop,
        )
    except DescriptorError as error:
        raise JobFailed(str(error)) from error
    if found.interrupted:
        raise Interrupted
    keep(collection=collection, recipe=arguments["recipe"], found=found)
    near = int((found.pairs.distances <= found.suggested).sum())
    return {"collection": collection.slug, "compared": found.compared, "pairs": near}


@transaction.atomic
def keep(*, collection: Collection, recipe: str, found: Scan) -> None:
    """Keep a comparison; there is one of each collection."""
    ids, distances = found.pairs.as_bytes()
    DuplicateScan.objects.filter(collection=collection).delete()
    DuplicateScan.objects.create(
        collection=collection,
        recipe=recipe,
        usual=found.usual,
        suggested=found.suggested,
        widest=found.widest,
        compared=found.compared,
        ids_data=ids,
        distances_data=distances,
    )


def title(arguments: Mapping[str, Any]) -> str:
    collection = Collection.objects.filter(pk=arguments["collection"]).first()
    return _("Duplicates in %(collection)s") % {"collection": collection or "–"}


def tell(outcome: Mapping[str, Any]) -> list[Told]:
    text = ngettext(
        "%(compared)s pictures compared; %(pairs)s pair of them is nearly the same.",
        "%(compared)s pictures compared; %(pairs)s pairs of them are nearly the same.",
        outcome["pairs"],
    )
    numbers = {name: localize(outcome[name]) for name in ("compared", "pairs")}
    return [(messages.SUCCESS, text % numbers)]


def address(arguments: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    return reverse("search:duplicates", args=[outcome["collection"]])


DUPLICATES = add_kind(Kind(name=NAME, title=title, run=run, tell=tell, address=address))


def ask_for_duplicates(*, collection: Collection, recipe: str = "", user: Any) -> Job:
    """Return the job that compares the collection with itself: a new one, or the one under way.

    By `recipe`, or by what suits the collection best. Raises `DescriptorError` where nothing can
    be compared, and for an unknown recipe.
    """
    chosen = get_recipe(recipe).plain if recipe else recipe_for(collection)
    check_recipe(chosen, collection)
    arguments = {"collection": collection.pk, "recipe": chosen.name}
    return ask_for(kind=NAME, arguments=arguments, user=user)
