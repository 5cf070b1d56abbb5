"""Catalogue pages: parse, read, show."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .access import Area, is_for_everyone
from .descriptors import Descriptor
from .features import features_of, searched_with
from .files.metadata import can_filter
from .files.originals import gets_whole_file, serve_original
from .files.thumbnails import SIZES, rendition_of
from .links import by_recipe, collection_links, image_links, part_search, way_back
from .looks import LOOKS, chosen_look, keep_look
from .models import Collection, Image
from .pixels import Fault, PictureError
from .trouble.reasons import of_storage
from .visibility import hidden_from

logger = logging.getLogger(__name__)

PAGE_SIZE = 60
# A thumbnail's address changes with its content, so a browser may keep it for good.
FOR_GOOD = "max-age=31536000, immutable"
# Shown instead of a rendition that cannot be had: a framed picture, crossed out.
NO_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 48" fill="none" stroke="#888" '
    'stroke-width="2"><rect x="12" y="8" width="40" height="32" rx="3"/><circle cx="23" cy="18" '
    'r="3"/><path d="M14 36l12-10 7 6 8-9 9 9M8 44L56 4"/></svg>'
)


def kept_by(rest: str, picture: Image, *areas: Area) -> str:
    """Return a Cache-Control header: by default only the browser may keep a picture, since a
    log-in of one's own may stand before this site; and always what not everybody may see."""
    is_shared = (
        settings.SIS_SHARED_CACHES
        and all(map(is_for_everyone, areas))
        and picture.collection_id not in hidden_from(AnonymousUser())
    )
    return f"{'public' if is_shared else 'private'}, {rest}"


@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    """All images, page by page, of one collection or all, by a part of their name."""
    slug, text = request.GET.get("collection", ""), request.GET.get("name", "").strip()
    seen = Collection.objects.visible_to(request.user)
    collection = get_object_or_404(seen, slug=slug) if slug else None
    images = (
        Image.objects.visible_to(request.user)
        .in_collection(collection)
        .name_contains(text)
        .select_related("collection")
        .order_by("collection__slug", "name")
    )
    response = render(
        request,
        "catalog/browse.html",
        {
            "look": chosen_look(request),
            "looks": LOOKS,
            "page": Paginator(images, PAGE_SIZE).get_page(request.GET.get("page")),
            "collection": collection,
            "collections": seen.with_image_count(),
            "name": text,
            "links": [(link.label, link.address(slug)) for link in collection_links if collection],
        },
    )
    return keep_look(request, response)


@require_safe
def image(request: HttpRequest, pk: int) -> HttpResponse:
    """One image: the full picture, its facts, the state of its features."""
    seen = Image.objects.visible_to(request.user)
    found = get_object_or_404(seen.select_related("collection"), pk=pk)
    try:
        features = features_of(found)
    except Image.DoesNotExist:
        raise Http404(_("This picture was deleted meanwhile.")) from None
    searched = searched_with(features)
    before, after = seen.beside(found)
    context = {
        "image": found,
        "before": before,
        "after": after,
        "back": way_back(request.headers.get("Referer", ""), request.get_host()),
        "features": features,
        "links": links(pk, best(searched).name) if searched else [],
        "crop_url": part_search.address(pk, best(searched).name) if searched else "",
        "crop_values": ("0", "0", str(found.width), str(found.height)),
        "serves_metadata": settings.SIS_SERVE_METADATA,
        "can_filter": can_filter(found.format),
        "gets_whole_file": gets_whole_file(found, request.user),
    }
    response = render(request, "catalog/image.html", context)
    patch_vary_headers(response, ["Referer"])
    return response


def best(descriptors: Sequence[Descriptor]) -> Descriptor:
    """Return the first of the descriptors that is trained, else the first."""
    return next((one for one in descriptors if one.trained), descriptors[0])


def links(image: int, descriptor: str) -> list[tuple[str, str]]:
    """Return (label, address) of what other apps do with an image by this descriptor."""
    query = by_recipe(descriptor)
    return [(str(link.label), link.address(image) + query) for link in image_links]


@require_safe
def original(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture's file, without its metadata unless the settings say otherwise."""
    found = get_object_or_404(Image.objects.visible_to(request.user), pk=pk)
    try:
        response = serve_original(found, request.user)
    except FileNotFoundError:
        raise Http404(_("The file of this picture is gone.")) from None
    except PictureError as error:
        return no_picture(status=status_of(error))
    response["Cache-Control"] = kept_by("no-cache", found, Area.SEARCH, Area.ORIGINALS)
    return response


@require_safe
def thumbnail(request: HttpRequest, pk: int, size: str) -> HttpResponse:
    """A small rendition, made when it is first asked for and kept in the storage."""
    if size not in SIZES:
        raise Http404(_("There is no thumbnail size “%(size)s”.") % {"size": size})
    found = get_object_or_404(Image.objects.visible_to(request.user), pk=pk)
    try:
        rendition = rendition_of(found, size)
    except FileNotFoundError:
        return no_picture(status=404)
    except PictureError as error:
        return no_picture(status=status_of(error))
    except Exception as error:
        if not of_storage(error):
            raise
        logger.warning("The file %s cannot be read (%s).", found.file.name, error)
        return no_picture(status=503)
    caching = FOR_GOOD if request.GET.get("v") == found.sha256[:12] else "no-cache"
    kept = kept_by(caching, found, Area.SEARCH) if rendition.kept else "no-store"
    return HttpResponse(
        rendition.data, content_type=rendition.content_type, headers={"Cache-Control": kept}
    )


def status_of(error: PictureError) -> int:
    return 503 if error.fault is Fault.BUSY else 404


def no_picture(*, status: int) -> HttpResponse:
    """A drawing, because an `<img>` shows no words; never kept, as the next attempt may succeed."""
    return HttpResponse(
        NO_PICTURE,
        content_type="image/svg+xml",
        status=status,
        headers={"Cache-Control": "no-store"},
    )
