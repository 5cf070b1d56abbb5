"""The page on which pictures are put into a collection."""

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .adding import add_pictures
from .imports.sources import ImportRefused
from .models import Collection
from .uploads import too_large_files

MAY_ADD = "catalog.add_image"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_ADD, raise_exception=True)
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose files; then what came in, and what did not and why."""
    collection = get_object_or_404(Collection, slug=slug)
    context = {"collection": collection, "max_bytes": settings.SIS_MAX_UPLOAD_BYTES}
    if request.method != "POST":
        return render(request, "catalog/add.html", context)
    too_large = too_large_files(request)
    files = request.FILES.getlist("pictures")
    if not files and not too_large:
        context["problem"] = _("Choose at least one file.")
        return render(request, "catalog/add.html", context, status=400)
    try:
        context["report"] = add_pictures(
            collection=collection, files=files, too_large=too_large, user=request.user
        )
    except ImportRefused as error:
        context["problem"] = str(error)
    return render(request, "catalog/add.html", context)
