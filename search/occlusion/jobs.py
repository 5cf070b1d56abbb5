"""Occlusion maps as jobs; what one found is kept as its outcome, for whoever asks the same."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.describing import stored_pixels
from catalog.descriptors import Description, DescriptorError
from catalog.models import Image
from catalog.pixels import PictureError
from work.asking import ask_for
from work.kinds import Interrupted, JobFailed, Kind, Progress, add_kind
from work.models import Job, State, key_of

from ..models import Query
from ..queries import NotDescribed, described_image, descriptions_of
from ..recipes import Recipe, get_recipe
from .measuring import OcclusionInterrupted, OcclusionMap, described_by, occlusion_map

NAME = "occlusion"


def arguments_of(sought: Query | Image, hit: Image, recipe: Recipe) -> dict[str, Any]:
    """Return what a map depends on: what was searched with, the hit, the way to rank, all as they
    are now."""
    # A query never changes.
    kind, content = ("image", sought.sha256) if isinstance(sought, Image) else ("query", "")
    return {
        "sought": kind,
        "number": str(sought.pk),
        "hit": hit.pk,
        "collection": hit.collection_id,
        "contents": [content, hit.sha256],
        "recipe": recipe.plain.name,
        "model_ids": [one.model_id for one in described_by(recipe)],
    }


def run(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Make a map; returns `similarity`, `lowest` and `cells`, rows of numbers.

    Raises `JobFailed` where a picture is gone or cannot be read.
    """
    sought, hit = found_sought(arguments), Image.objects.filter(pk=arguments["hit"]).first()
    if sought is None or hit is None:
        raise JobFailed(_("The picture was deleted meanwhile."))
    try:
        recipe = get_recipe(arguments["recipe"]).plain
        made = occlusion_map(
            query=described(sought, recipe),
            picture=stored_pixels(file=str(hit.file.name), storage=hit.file.storage),
            recipe=recipe,
            on_progress=lambda done, total: progress.note(done, total, _("Covered pictures")),
            should_stop=progress.should_stop,
        )
    except (DescriptorError, PictureError, NotDescribed) as error:
        raise JobFailed(str(error)) from error
    except OcclusionInterrupted as error:
        raise Interrupted from error
    return {"similarity": made.similarity, "lowest": made.lowest, "cells": made.cells.tolist()}


def found_sought(arguments: Mapping[str, Any]) -> Query | Image | None:
    rows: Any = Image.objects if arguments["sought"] == "image" else Query.objects
    found: Query | Image | None = rows.filter(pk=arguments["number"]).first()
    return found


def described(sought: Query | Image, recipe: Recipe) -> Mapping[str, Description]:
    """Return the vectors that were searched with, by descriptor."""
    if isinstance(sought, Image):
        return described_image(image=sought, recipe=recipe)
    return descriptions_of(query=sought, descriptors=described_by(recipe))


def title(arguments: Mapping[str, Any]) -> str:
    hit = Image.objects.filter(pk=arguments["hit"]).first()
    return _("What makes %(name)s similar") % {"name": hit.shown_name if hit else "–"}


def address(arguments: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    view = "search:image_why" if arguments["sought"] == "image" else "search:query_why"
    return reverse(
        view,
        args=[arguments["number"], arguments["hit"]],
        query={"recipe": arguments["recipe"]},
    )


OCCLUSION = add_kind(Kind(name=NAME, title=title, run=run, address=address))


def ask_for_map(*, sought: Query | Image, hit: Image, recipe: Recipe, user: Any) -> Job:
    """Return the job that makes this map: a new one, or the one under way."""
    return ask_for(kind=NAME, arguments=arguments_of(sought, hit, recipe), user=user)


def latest_job(sought: Query | Image, hit: Image, recipe: Recipe) -> Job | None:
    """Return the job that made this map, or the latest that was to; None where nobody asked.

    Raises `DescriptorError` where the weights cannot be had.
    """
    key = key_of(NAME, arguments_of(sought, hit, recipe))
    jobs = Job.objects.filter(key=key).order_by("-pk")
    return jobs.filter(state=State.DONE).first() or jobs.first()


def map_of(job: Job) -> OcclusionMap | None:
    """Return what a job found; None where it has not."""
    if job.state != State.DONE:
        return None
    cells = np.array(job.outcome["cells"], np.float32)
    return OcclusionMap(job.outcome["similarity"], job.outcome["lowest"], cells)
