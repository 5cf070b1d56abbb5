"""The start page, and what it tells of the ways to rank."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from catalog.descriptors import DescriptorError
from catalog.models import Collection, Image
from catalog.pixels import Fault, PictureError
from catalog.uploads import too_large_files
from catalog.visibility import Scope

from .forms import UploadForm
from .models import Query
from .queries import create_queries
from .questions import Example
from .recipes import default_recipe, searchable_recipes
from .services import count_searchable, nothing_to_rank
from .turn_views import in_turn

# When decoding has no room: the largest pictures take about as long.
BUSY_SECONDS = 5


@require_http_methods(["GET", "HEAD", "POST"])
@in_turn
def home(request: HttpRequest) -> HttpResponse:
    """The search form; a good upload becomes a stored query and leads to its results."""
    if request.method != "POST":
        chosen = request.GET.get("collection", "")
        return show_home(request, UploadForm(initial={"collection": chosen}, user=request.user))
    too_large = bool(too_large_files(request))
    form = UploadForm(request.POST, request.FILES, too_large=too_large, user=request.user)
    if not form.is_valid():
        status = 413 if form.has_error("picture", "too_large") else 400
        return show_home(request, form, status=status)
    collection = form.cleaned_data["collection"]
    scope = Scope.of(collection) if collection else Scope.all_seen_by(request.user)
    try:
        recipe = form.chosen_recipe()
        if not count_searchable(scope=scope, recipe=recipe):
            problem = nothing_to_rank(scope=scope, recipe=recipe)
            form.add_error(None, problem)
            return show_home(request, form, status=400)
        queries = create_queries(files=form.pictures, collection=collection, recipe=recipe)
    except PictureError as error:
        form.add_error("picture", str(error))
        return refuse_picture(request, form, error)
    except DescriptorError as error:
        form.add_error(None, str(error))
        return show_home(request, form, status=503)
    first, *others = queries
    return redirect(f"{first.get_absolute_url()}{with_others(others)}")


def with_others(queries: Sequence[Query]) -> str:
    """Return what the address of a query's page ends with, to search with these, too."""
    fields = [("with", str(Example("query", query.pk))) for query in queries]
    return f"?{urlencode(fields)}" if fields else ""


def refuse_picture(request: HttpRequest, form: UploadForm, error: PictureError) -> HttpResponse:
    """Show what is wrong with the picture, or that the server has no room to decode it now."""
    if error.fault is not Fault.BUSY:
        return show_home(request, form, status=400)
    response = show_home(request, form, status=503)
    response["Retry-After"] = str(BUSY_SECONDS)
    return response


def show_home(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    collections = Collection.objects.visible_to(request.user).with_image_count()
    image_count = sum(collection.image_count for collection in collections)
    covers = Image.objects.visible_to(request.user).covers()
    scope = Scope.all_seen_by(request.user)
    problem, searchable, advice, trained = "", 0, "", True
    try:
        recipe = default_recipe()
        searchable, trained = count_searchable(scope=scope, recipe=recipe), recipe.trained
        if image_count and not searchable:
            advice = nothing_to_rank(scope=scope, recipe=recipe)
    except DescriptorError as error:
        problem = str(error)
    context = {
        "form": form,
        "collections": [(one, covers.get(one.pk)) for one in collections],
        "searchable": searchable,
        "advice": advice,
        "image_count": image_count,
        "problem": problem,
        "untrained_weights": not trained,
    }
    return render(request, "search/home.html", context, status=status)


@require_safe
def recipes(request: HttpRequest) -> HttpResponse:
    """About the ways to compare: what each is good for, and whose networks they use."""
    return render(request, "search/recipes.html", {"recipes": searchable_recipes()})
