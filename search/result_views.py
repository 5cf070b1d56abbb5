"""The pages that rank: for a stored query, and for an image of the catalogue."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from catalog.addresses import address
from catalog.descriptors import Description, DescriptorError
from catalog.links import by_recipe
from catalog.looks import LOOKS, chosen_look, keep_look
from catalog.models import Collection, Image
from catalog.pixels import PictureError
from catalog.visibility import Scope

from .asking import (
    MARKING_FIELDS,
    MOST_PAGES,
    PLACE_FIELDS,
    Asked,
    address_of,
    asked_for,
    asked_question,
    chosen_scope,
    fields_but,
    newly_marked,
    page_number,
    pages_at_once,
)
from .folding import folded
from .forms import BoxForm, FilterForm
from .models import Query
from .occlusion.measuring import described_by
from .queries import NotDescribed, described_image, descriptions_of
from .questions import Example, Question, described_question
from .questions.model import MOST_EXAMPLES
from .questions.movement import earlier_ranks, with_marks
from .questions.rocchio import LIKE_WEIGHT, QUERY_WEIGHT, UNLIKE_WEIGHT
from .questions.showing import shown_examples, shown_marks
from .recipes import default_recipe, searchable_recipes
from .services import find_similar
from .stretch import Stretch

PAGE_SIZE = 30
# The element that htmx puts the checked ranking in the place of.
RANKING_ID = "ranking"
# With how many of its first results a search may be asked again.
EXPANSIONS = (5, 10, 20, 50)


class HtmxHttpRequest(HttpRequest):
    """A request as `HtmxMiddleware` leaves it."""

    htmx: HtmxDetails


@require_safe
def results(request: HtmxHttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The ranking of a stored query, 30 at a time, to the end of the collection."""
    query = get_object_or_404(
        Query.objects.visible_to(request.user).select_related("collection"), pk=pk
    )
    box = query.box or (0, 0, query.width, query.height)
    box_form = BoxForm(initial=dict(zip(BoxForm.base_fields, box, strict=True)))
    return show_results(request, query=query, box_form=box_form)


def show_results(
    request: HtmxHttpRequest, *, query: Query, box_form: BoxForm, status: int = 200
) -> HttpResponse:
    """Show the ranking of a stored query, and the form for a part of its picture."""
    context = {
        "query": query,
        "crop_values": [shown_side(box_form[side].value()) for side in BoxForm.base_fields],
        "crop_errors": list(box_form.errors.values()),
        "kept_until": query.created_at + timedelta(days=query.retention_days),
        "query_quota": settings.SIS_QUERY_QUOTA_BYTES,
        "ranking_url": query.get_absolute_url(),
        "proof_url": f"{query.get_absolute_url()}proof/",
        "why_url": f"{query.get_absolute_url()}why/",
        "add_path": reverse("search:add_to_query", args=[query.pk]),
    }
    return show_ranking(
        request,
        query,
        "search/results.html",
        context,
        question=asked_question(request, Example("query", query.pk)),
        scope=chosen_scope(request, default=query.collection),
        default=query.recipe,
        status=status,
    )


def shown_side(value: Any) -> str:
    """Return a side of a box as its field shows it: a number, or what was sent instead."""
    return f"{value:g}" if isinstance(value, int | float) else str(value or "")


@require_safe
def similar(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The ranking for an image of the catalogue; the image itself comes first."""
    image = get_object_or_404(
        Image.objects.visible_to(request.user).select_related("collection"), pk=pk
    )
    scope = chosen_scope(request, default=image.collection)
    context = {
        "image": image,
        "ranking_url": reverse("search:similar", args=[image.pk]),
        "proof_url": f"{address('catalog:image', image.pk)}proof/",
        "why_url": f"{address('catalog:image', image.pk)}why/",
        "add_path": reverse("search:add_to_image", args=[image.pk]),
    }
    return show_ranking(
        request,
        image,
        "search/similar.html",
        context,
        question=asked_question(request, Example("image", image.pk)),
        scope=scope,
        default=default_recipe(scope.collection).name,
    )


def show_ranking(
    request: HtmxHttpRequest,
    own: Query | Image,
    template: str,
    context: dict[str, Any],
    *,
    question: Question,
    scope: Scope,
    default: str,
    status: int = 200,
) -> HttpResponse:
    """Rank what is asked, and show it; marks that were just made become a part of the address."""
    if (marked := newly_marked(request, question)) is not None:
        return redirect(address_of(request, marked, context["ranking_url"]))
    asked = asked_for(request, scope, default=default, composed=question.is_composed)
    image = own if isinstance(own, Image) else None
    try:
        described, lacking = descriptions(question, own, asked, request.user)
        filters = FilterForm(request.GET)
        context |= ranking_context(
            request, described=described, scope=scope, asked=asked, filters=filters
        )
        earlier = earlier_ranks(question, own, asked.recipe, scope, filters.asked, request.user)
    except NotDescribed as nothing:
        return show_problem(request, str(nothing), status=409, image=image)
    except (DescriptorError, PictureError) as error:
        return show_problem(request, str(error))
    context |= question_context(request, question, own, context)
    found, page = context["results"], context["page"]
    hits = with_marks(found.hits, question, earlier, page.end_index)
    context["explains"] = bool(described_by(asked.recipe)) and not question.is_composed
    context |= {"look": chosen_look(request), "looks": LOOKS}
    if request.GET.get("copies") != "each":
        hits = folded(found, hits)
        context["folded"] = sum(len(hit.copies) for hit in hits)
    context |= {"results": replace(found, hits=hits), "lacking": lacking, "moved": bool(earlier)}
    # Of all pictures: what is shown may be narrowed to those that are not similar.
    all_of_them = page.number == 1 and not filters.asked
    own_number = own.pk if isinstance(own, Image) else own.image_id
    context["nothing_similar"] = all_of_them and found.nothing_stands_out(own_number)
    return render_ranking(request, template, context, status=status)


def descriptions(
    question: Question, own: Query | Image, asked: Asked, user: Any
) -> tuple[Mapping[str, Description], int]:
    """Return what the question is searched with, and how much of it does not count."""
    if question.is_composed:
        gathered = described_question(question=question, own=own, recipe=asked.recipe, user=user)
        return gathered.described, gathered.lacking
    if isinstance(own, Image):
        return described_image(image=own, recipe=asked.recipe), 0
    return descriptions_of(query=own, descriptors=asked.recipe.describers), 0


def ranking_context(
    request: HttpRequest,
    *,
    described: Mapping[str, Description],
    scope: Scope,
    asked: Asked,
    filters: FilterForm,
) -> dict[str, Any]:
    """Rank, for the page number in the address; a number out of range gives the nearest page."""
    recipe, pages = asked.recipe, pages_at_once(request)
    results = find_similar(
        described=described,
        scope=scope,
        recipe=recipe,
        page=1 if pages > 1 else page_number(request),
        page_size=PAGE_SIZE * pages,
        only_proven=asked.only_proven,
        narrowed=filters.asked,
    )
    choices = searchable_recipes()
    return {
        "results": results,
        "asked": asked,
        "filters": filters,
        "page": Stretch(results.page, results.ranked, PAGE_SIZE, pages),
        "collection": scope.collection,
        "collections": Collection.objects.visible_to(request.user),
        "recipes": choices if len(choices) > 1 else [],
        # What links to other rankings carry along.
        "by_recipe": by_recipe(asked.name),
        "untrained_weights": not recipe.trained,
    }


def question_context(
    request: HttpRequest, question: Question, own: Query | Image, context: Mapping[str, str]
) -> dict[str, Any]:
    """What a page shows of its question: pictures, marks, and the ways to change them."""

    def link(other: Question) -> str:
        return address_of(request, other, context["ranking_url"])

    return {
        "question": question,
        "examples": shown_examples(question, own, link, request.user),
        "marked_images": shown_marks(question, link, request.user),
        "unmarked_url": link(replace(question, rounds=())),
        "add_url": address_of(request, question, context["add_path"]),
        "has_room": len(question.examples) < MOST_EXAMPLES,
        "expansions": EXPANSIONS,
        "most_pages": MOST_PAGES,
        "weights": (QUERY_WEIGHT, LIKE_WEIGHT, UNLIKE_WEIGHT),
        # What forms carry along: one changes the way to rank, the other marks.
        "question_fields": question.fields(),
        "marking_fields": fields_but(request, MARKING_FIELDS | PLACE_FIELDS),
    }


def render_ranking(
    request: HtmxHttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Show a whole page, or what htmx asks for: the checked ranking, or more of its hits."""
    if request.htmx and request.method != "POST":
        checked = request.htmx.target == RANKING_ID
        template = "search/_ranking.html" if checked else "search/_hits.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return keep_look(request, response)


def show_problem(
    request: HttpRequest, problem: str, *, status: int = 503, image: Image | None = None
) -> HttpResponse:
    context = {"problem": problem, "image": image}
    return render(request, "search/problem.html", context, status=status)
