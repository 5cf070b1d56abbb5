"""Search pages: parse, call a service, show."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from catalog.addresses import address
from catalog.descriptors import Description, DescriptorError
from catalog.links import by_recipe
from catalog.models import Collection, Image
from catalog.pixels import Fault, PictureError
from catalog.uploads import too_large_files

from .asking import Asked, asked_for, chosen_collection, chosen_recipe, page_number
from .forms import BoxForm, UploadForm
from .models import Query
from .queries import NotDescribed, create_query, crop_query, described_image, descriptions_of
from .recipes import default_recipe, searchable_recipes
from .services import count_searchable, find_similar, nothing_to_rank

PAGE_SIZE = 30
# When decoding has no room: the largest pictures take about as long.
BUSY_SECONDS = 5
# The element that htmx puts the checked ranking in the place of.
RANKING_ID = "ranking"


class HtmxHttpRequest(HttpRequest):
    """A request as `HtmxMiddleware` leaves it."""

    htmx: HtmxDetails


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The search form; a good upload becomes a stored query and leads to its results."""
    if request.method != "POST":
        chosen = request.GET.get("collection", "")
        return show_home(request, UploadForm(initial={"collection": chosen}))
    form = UploadForm(request.POST, request.FILES, too_large=bool(too_large_files(request)))
    if not form.is_valid():
        status = 413 if form.has_error("picture", "too_large") else 400
        return show_home(request, form, status=status)
    collection = form.cleaned_data["collection"]
    try:
        recipe = form.chosen_recipe()
        if not count_searchable(collection=collection, recipe=recipe):
            problem = nothing_to_rank(collection=collection, recipe=recipe)
            form.add_error(None, problem)
            return show_home(request, form, status=400)
        query = create_query(
            file=form.cleaned_data["picture"], collection=collection, recipe=recipe
        )
    except PictureError as error:
        form.add_error("picture", str(error))
        return refuse_picture(request, form, error)
    except DescriptorError as error:
        form.add_error(None, str(error))
        return show_home(request, form, status=503)
    return redirect(query)


def refuse_picture(request: HttpRequest, form: UploadForm, error: PictureError) -> HttpResponse:
    """Show what is wrong with the picture, or that the server has no room to decode it now."""
    if error.fault is not Fault.BUSY:
        return show_home(request, form, status=400)
    response = show_home(request, form, status=503)
    response["Retry-After"] = str(BUSY_SECONDS)
    return response


def show_home(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    collections = Collection.objects.with_image_count()
    image_count = sum(collection.image_count for collection in collections)
    problem, searchable, advice, trained = "", 0, "", True
    try:
        recipe = default_recipe()
        searchable, trained = count_searchable(recipe=recipe), recipe.trained
        if image_count and not searchable:
            advice = nothing_to_rank(collection=None, recipe=recipe)
    except DescriptorError as error:
        problem = str(error)
    context = {
        "form": form,
        "collections": collections,
        "searchable": searchable,
        "advice": advice,
        "image_count": image_count,
        "problem": problem,
        "untrained_weights": not trained,
    }
    return render(request, "search/home.html", context, status=status)


@require_safe
def results(request: HtmxHttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The ranking of a stored query, 30 at a time, to the end of the collection."""
    query = get_object_or_404(Query.objects.select_related("collection"), pk=pk)
    box = query.box or (0, 0, query.width, query.height)
    box_form = BoxForm(initial=dict(zip(BoxForm.base_fields, box, strict=True)))
    return show_results(request, query=query, box_form=box_form)


@require_POST
def crop(request: HtmxHttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Search with a part of a stored query's picture."""
    query = get_object_or_404(Query.objects.select_related("collection"), pk=pk)
    form = BoxForm(request.POST)
    if form.is_valid():
        try:
            recipe = chosen_recipe(request, default=query.recipe)
            return redirect(crop_query(query=query, box=form.box, recipe=recipe))
        except PictureError as error:
            form.add_error(None, str(error))
        except DescriptorError as error:
            form.add_error(None, str(error))
            return show_results(request, query=query, box_form=form, status=503)
    return show_results(request, query=query, box_form=form, status=400)


def show_results(
    request: HtmxHttpRequest, *, query: Query, box_form: BoxForm, status: int = 200
) -> HttpResponse:
    collection = chosen_collection(request, default=query.collection)
    asked = asked_for(request, collection, default=query.recipe)
    try:
        described = descriptions_of(query=query, descriptors=asked.recipe.describers)
    except (DescriptorError, PictureError) as error:
        return show_problem(request, str(error))
    context = ranking_context(request, described=described, collection=collection, asked=asked) | {
        "query": query,
        "box_form": box_form,
        "kept_until": query.created_at + timedelta(days=query.retention_days),
        "query_quota": settings.SIS_QUERY_QUOTA_BYTES,
        "ranking_url": query.get_absolute_url(),
        "proof_url": f"{query.get_absolute_url()}proof/",
    }
    return render_ranking(request, "search/results.html", context, status=status)


@require_safe
def similar(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The ranking for an image of the catalogue; the image itself comes first."""
    image = get_object_or_404(Image.objects.select_related("collection"), pk=pk)
    collection = chosen_collection(request, default=image.collection)
    asked = asked_for(request, collection, default=default_recipe(collection).name)
    try:
        described = described_image(image=image, recipe=asked.recipe)
    except NotDescribed as lacking:
        return show_problem(request, str(lacking), status=409, image=image)
    except DescriptorError as error:
        return show_problem(request, str(error))
    context = ranking_context(request, described=described, collection=collection, asked=asked) | {
        "image": image,
        "ranking_url": reverse("search:similar", args=[image.pk]),
        "proof_url": f"{address('catalog:image', image.pk)}proof/",
    }
    return render_ranking(request, "search/similar.html", context)


@require_safe
def recipes(request: HttpRequest) -> HttpResponse:
    """About the ways to compare: what each is good for, and whose networks they use."""
    return render(request, "search/recipes.html", {"recipes": searchable_recipes()})


def ranking_context(
    request: HttpRequest,
    *,
    described: Mapping[str, Description],
    collection: Collection | None,
    asked: Asked,
) -> dict[str, Any]:
    """Rank, for the page number in the address; a number out of range gives the nearest page."""
    recipe = asked.recipe
    results = find_similar(
        described=described,
        collection=collection,
        recipe=recipe,
        page=page_number(request),
        page_size=PAGE_SIZE,
        only_proven=asked.only_proven,
    )
    choices = searchable_recipes()
    return {
        "results": results,
        "asked": asked,
        "page": Paginator(range(results.ranked), PAGE_SIZE).page(results.page),
        "collection": collection,
        "collections": Collection.objects.all(),
        "recipes": choices if len(choices) > 1 else [],
        # What links to other rankings carry along.
        "by_recipe": by_recipe(asked.name),
        "untrained_weights": not recipe.trained,
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
    return response


def show_problem(
    request: HttpRequest, problem: str, *, status: int = 503, image: Image | None = None
) -> HttpResponse:
    context = {"problem": problem, "image": image}
    return render(request, "search/problem.html", context, status=status)


@require_safe
def picture(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    """The working copy of a query's picture; its address is as secret as the query's."""
    query = get_object_or_404(Query, pk=pk)
    try:
        file = query.picture.open("rb")
    except FileNotFoundError:
        raise Http404(_("The picture of this query is gone.")) from None
    return FileResponse(
        file,
        content_type="image/jpeg",
        headers={"Cache-Control": "private, max-age=86400, immutable"},
    )
