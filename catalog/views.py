"""Catalogue pages: parse, read, show."""

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from .features import features_of
from .links import by_descriptor, image_links
from .models import Collection, Image, PictureFormat
from .thumbnails import SIZES, open_thumbnail

PAGE_SIZE = 60
# The address of a picture's file changes with its content, so a browser may keep it for good.
FOR_GOOD = "public, max-age=31536000, immutable"
CONTENT_TYPES = {
    PictureFormat.JPEG: "image/jpeg",
    PictureFormat.PNG: "image/png",
    PictureFormat.WEBP: "image/webp",
    PictureFormat.GIF: "image/gif",
    PictureFormat.BMP: "image/bmp",
    PictureFormat.TIFF: "image/tiff",
}


@require_GET
def browse(request: HttpRequest) -> HttpResponse:
    """All images, page by page, of one collection or all, by a part of their name."""
    slug, text = request.GET.get("collection", ""), request.GET.get("name", "").strip()
    collection = get_object_or_404(Collection, slug=slug) if slug else None
    images = (
        Image.objects.in_collection(collection)
        .name_contains(text)
        .select_related("collection")
        .order_by("collection__slug", "name")
    )
    return render(
        request,
        "catalog/browse.html",
        {
            "page": Paginator(images, PAGE_SIZE).get_page(request.GET.get("page")),
            "collection": collection,
            "collections": Collection.objects.with_image_count(),
            "name": text,
        },
    )


@require_GET
def image(request: HttpRequest, pk: int) -> HttpResponse:
    """One image: the full picture, its facts, the state of its features."""
    found = get_object_or_404(Image.objects.select_related("collection"), pk=pk)
    try:
        features = features_of(found)
    except Image.DoesNotExist:
        raise Http404(_("This picture was deleted meanwhile.")) from None
    current = [item for item in features if item.are_current]
    context = {
        "image": found,
        "features": features,
        "links": links(pk, current[0].descriptor.name) if current else [],
    }
    return render(request, "catalog/image.html", context)


def links(image: int, descriptor: str) -> list[tuple[str, str]]:
    """Return (label, address) of what other apps do with an image by this descriptor."""
    query = by_descriptor(descriptor)
    return [(str(link.label), link.address(image) + query) for link in image_links]


@require_GET
def original(request: HttpRequest, pk: int) -> FileResponse:
    """The picture's file as it was imported."""
    found = get_object_or_404(Image, pk=pk)
    try:
        file = found.file.open("rb")
    except FileNotFoundError:
        raise Http404(_("The file of this picture is gone.")) from None
    return FileResponse(
        file,
        content_type=CONTENT_TYPES[PictureFormat(found.format)],
        filename=found.shown_source.rsplit("/", 1)[-1],
    )


@require_GET
def thumbnail(request: HttpRequest, pk: int, size: str) -> FileResponse:
    """A small rendition, made when it is first asked for and kept in the storage."""
    if size not in SIZES:
        raise Http404(_("There is no thumbnail size “%(size)s”.") % {"size": size})
    found = get_object_or_404(Image, pk=pk)
    try:
        file = open_thumbnail(found, size)
    except OSError:
        raise Http404(_("The file of this picture is gone or damaged.")) from None
    fresh = request.GET.get("v") == found.sha256[:12]
    return FileResponse(
        file,
        content_type="image/jpeg",
        headers={"Cache-Control": FOR_GOOD if fresh else "no-cache"},
    )
