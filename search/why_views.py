"""The page that shows which parts of a hit make it similar to what was searched with."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.descriptors import DescriptorError
from catalog.models import Image
from work.refusing import refused

from .asking import chosen_recipe
from .models import Query
from .occlusion.covering import CELLS
from .occlusion.jobs import ask_for_map, latest_job, map_of
from .occlusion.measuring import OcclusionMap, described_by
from .recipes import Recipe, default_recipe
from .sought import Sought, picture_of, seen_images, sought_image, sought_query

# The strongest part is drawn this opaque.
STRONGEST = 0.75
# It takes as long as fifty searches.
MAY_ASK = "work.add_job"
METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
def query_why(request: HttpRequest, pk: uuid.UUID, hit: int) -> HttpResponse:
    """What makes an image similar to an uploaded picture; POST has it measured."""
    query = get_object_or_404(Query.objects.visible_to(request.user), pk=pk)
    found = get_object_or_404(seen_images(request), pk=hit)
    return why(request, sought_query(query), found, default=query.recipe)


@require_http_methods(METHODS)
def image_why(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    """What makes an image similar to another one; POST has it measured."""
    images = seen_images(request)
    image, found = get_object_or_404(images, pk=pk), get_object_or_404(images, pk=hit)
    return why(request, sought_image(image), found, default=default_recipe(image.collection).name)


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the hit, in its own pixels, and how opaque it is drawn."""

    x: float
    y: float
    width: float
    height: float
    opacity: float


def why(request: HttpRequest, sought: Sought, hit: Image, *, default: str) -> HttpResponse:
    recipe = explainable(request, default)
    if request.method == "POST":
        if not request.user.has_perm(MAY_ASK):
            return refused(request)
        ask_for_map(sought=sought.row, hit=hit, recipe=recipe, user=request.user)
        return redirect(request.get_full_path())
    job = latest_job(sought.row, hit, recipe)
    found = map_of(job) if job else None
    context: dict[str, Any] = {
        "sought": sought,
        "hit": hit,
        "hit_url": picture_of(hit),
        "recipe": recipe,
        "job": job,
        "map": found,
        "cells": cells_of(found, hit) if found else [],
    }
    response = render(request, "search/why.html", context)
    if found is None:
        patch_cache_control(response, no_store=True)
    return response


def explainable(request: HttpRequest, default: str) -> Recipe:
    """Return the way to rank in the address; one without vectors is not found."""
    recipe = chosen_recipe(request, default=default).plain
    try:
        if described_by(recipe) and recipe.model_ids:
            return recipe
    except DescriptorError as error:
        raise Http404(str(error)) from error
    raise Http404(_("Only rankings by feature vectors can be explained in this way."))


def cells_of(found: OcclusionMap, hit: Image) -> list[Cell]:
    """Return the parts that make the hit more similar, the strongest as opaque as any is."""
    strongest = float(found.cells.max())
    if strongest <= 0:
        return []
    wide, high = hit.width / CELLS, hit.height / CELLS
    return [
        Cell(column * wide, row * high, wide, high, STRONGEST * float(value) / strongest)
        for row, values in enumerate(found.cells)
        for column, value in enumerate(values)
        if value > 0
    ]
