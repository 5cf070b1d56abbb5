"""The page of a collection's duplicates: what is nearly the same, and what of it is to go."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from catalog.deleting import delete_images
from catalog.descriptors import DescriptorError
from catalog.models import Collection, Image
from work.models import Job
from work.refusing import refused

from .duplicates.jobs import NAME, ask_for_duplicates
from .duplicates.listing import emptied, groups_of, page_of_groups, steps_of
from .forms import DuplicatesForm
from .models import DuplicateScan

MAY_SEARCH = "search.add_duplicatescan"
MAY_DELETE = "catalog.delete_image"


@require_http_methods(["GET", "HEAD", "POST"])
def duplicates(request: HttpRequest, slug: str) -> HttpResponse:
    """Groups of what is nearly the same; POST compares the collection anew."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    if request.method != "POST":
        return show_duplicates(request, collection)
    if not request.user.has_perm(MAY_SEARCH):
        return refused(request)
    try:
        job = ask_for_duplicates(collection=collection, user=request.user)
    except DescriptorError as error:
        return show_duplicates(request, collection, problem=str(error), status=409)
    return redirect(job.result_address or job)


@require_http_methods(["POST"])
def delete_duplicates(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask once more what is to be deleted, then delete it."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    if not request.user.has_perm(MAY_DELETE):
        return refused(request)
    chosen = [int(pk) for pk in request.POST.getlist("image") if pk.isdecimal() and len(pk) < 19]
    back = address_of(collection, request.POST)
    if not chosen:
        messages.warning(request, _("Tick the pictures that are to be deleted first."))
        return redirect(back)
    if "confirmed" not in request.POST:
        return confirm(request, collection, chosen)
    number = delete_images(collection=collection, ids=chosen)
    text = ngettext("Deleted %(number)s picture.", "Deleted %(number)s pictures.", number)
    messages.success(request, text % {"number": localize(number)})
    return redirect(back)


def confirm(request: HttpRequest, collection: Collection, chosen: list[int]) -> HttpResponse:
    images = Image.objects.filter(collection=collection, pk__in=chosen).order_by("name")
    scan = DuplicateScan.objects.filter(collection=collection).first()
    nothing_left = 0
    if scan is not None and (form := DuplicatesForm(request.POST, scan=scan)).is_valid():
        nothing_left = emptied(groups_of(scan, form.chosen), set(chosen))
    context = {
        "section": "catalog",
        "collection": collection,
        "images": images,
        "nothing_left": nothing_left,
        "back": address_of(collection, request.POST),
        "distance": request.POST.get("distance", ""),
        "page": request.POST.get("page", ""),
    }
    return render(request, "search/delete_duplicates.html", context)


def address_of(collection: Collection, asked: Any) -> str:
    """Return the page's address at the distance and the page of groups that were shown."""
    kept = {name: asked[name] for name in ("distance", "page") if asked.get(name)}
    return reverse("search:duplicates", args=[collection.slug], query=kept)


def show_duplicates(
    request: HttpRequest, collection: Collection, *, problem: str = "", status: int = 200
) -> HttpResponse:
    scan = DuplicateScan.objects.filter(collection=collection).first()
    context: dict[str, Any] = {
        "section": "catalog",
        "collection": collection,
        "scan": scan,
        "problem": problem,
        "jobs": Job.objects.visible_to(request.user)
        .in_turn()
        .filter(kind=NAME, arguments__collection=collection.pk),
        "may_search": request.user.has_perm(MAY_SEARCH),
        "may_delete": request.user.has_perm(MAY_DELETE),
        "ticks_smaller": "smaller" in request.GET,
    }
    if scan is not None:
        form = DuplicatesForm(request.GET, scan=scan)
        context |= {"form": form, "steps": steps_of(scan)}
        if form.is_valid():
            context |= shown_groups(request, scan, form.chosen)
        else:
            status = 400
    return render(request, "search/duplicates.html", context, status=status)


def shown_groups(request: HttpRequest, scan: DuplicateScan, distance: float) -> dict[str, Any]:
    groups = groups_of(scan, distance)
    page, shown = page_of_groups(groups, request.GET.get("page"))
    return {
        "page": page,
        "groups": shown,
        "pictures": sum(map(len, groups)),
        "distance": distance,
    }
