"""The pages on which collections are made, and pictures are put into them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .adding import add_pictures
from .forms import CollectionForm
from .imports.report import ImportReport
from .imports.sources import ImportRefused
from .models import Collection
from .names import printable
from .uploads import named_files, too_large_files

MAY_ADD = "catalog.add_image"
MAY_MAKE = "catalog.add_collection"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_ADD, raise_exception=True)
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose files; then what came in, and what did not and why."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    context = {"collection": collection, "max_bytes": settings.SIS_MAX_UPLOAD_BYTES}
    if request.method != "POST":
        return render(request, "catalog/add.html", context)
    too_large = too_large_files(request)
    files = request.FILES.getlist("pictures")
    if not files and not too_large:
        context["problem"] = _("Choose at least one file.")
        return render(request, "catalog/add.html", context, status=400)
    named = named_files(files, request.POST.getlist("paths"))
    try:
        report = add_pictures(
            collection=collection,
            files=named,
            too_large=too_large,
            user=request.user,
        )
    except ImportRefused as error:
        if wants_json(request):
            return JsonResponse({"problem": str(error)}, status=503)
        context["problem"] = str(error)
        return render(request, "catalog/add.html", context)
    if wants_json(request):
        return JsonResponse(as_told(report, [name for name, _file in named]))
    context["report"] = report
    return render(request, "catalog/add.html", context)


def wants_json(request: HttpRequest) -> bool:
    """Whether the page's script sent the files, which shows what came of each by itself."""
    return request.headers.get("Accept") == "application/json"


def as_told(report: ImportReport, names: Sequence[str]) -> dict[str, Any]:
    """Return why each of these files, in order, did not come in; empty for those that did."""
    skipped = dict(report.skipped)
    return {
        "problem": report.stopped,
        "unchanged": report.unchanged,
        "reasons": [skipped.get(printable(name), "") for name in names],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_MAKE, raise_exception=True)
def new_collection(request: HttpRequest) -> HttpResponse:
    """Make an empty collection; its next page is the one that adds pictures to it."""
    form = CollectionForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        collection = form.save()
        if request.user.has_perm(MAY_ADD):
            return redirect("catalog:add", slug=collection.slug)
        return redirect(f"{reverse('catalog:browse')}?collection={collection.slug}")
    status = 400 if form.is_bound else 200
    return render(request, "catalog/new_collection.html", {"form": form}, status=status)
