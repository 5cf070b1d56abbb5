"""The page that shows why a hit is proven to show what the query does."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.descriptors import DescriptorError
from catalog.descriptors.local.features import LocalFeatures, LocalFeaturesError
from catalog.models import Image
from catalog.pixels import PictureError

from .asking import chosen_recipe
from .geometry.drawing import MOST_LINES
from .models import Query
from .proofs import prove
from .queries import descriptions_of, image_features
from .recipes import Geometry, default_recipe, with_geometry
from .sought import Sought, picture_of, seen_images, sought_image, sought_query


@require_safe
def query_proof(request: HttpRequest, pk: uuid.UUID, hit: int) -> HttpResponse:
    """An image of the catalogue beside an uploaded picture."""
    query = get_object_or_404(Query.objects.visible_to(request.user), pk=pk)
    geometry = geometry_of(request, query.recipe)
    try:
        described = descriptions_of(query=query, descriptors=[geometry.local])
    except (DescriptorError, PictureError) as error:
        raise Http404(str(error)) from error
    found = get_object_or_404(seen_images(request), pk=hit)
    features = described[geometry.local.name]
    return show_proof(request, sought_query(query), features, found, geometry)


@require_safe
def image_proof(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    """Two images of the catalogue, the first being the one searched with."""
    images = seen_images(request)
    image, found = get_object_or_404(images, pk=pk), get_object_or_404(images, pk=hit)
    geometry = geometry_of(request, default_recipe(image.collection).name)
    features = image_features(image, geometry.local)
    return show_proof(request, sought_image(image), features, found, geometry)


def geometry_of(request: HttpRequest, default: str) -> Geometry:
    """Return what the address's way to rank, or the default one, verifies by."""
    try:
        geometry = with_geometry(chosen_recipe(request, default=default)).geometry
    except DescriptorError as error:
        raise Http404(str(error)) from error
    if geometry is None:
        raise Http404(_("There are no local features here."))
    return geometry


def show_proof(
    request: HttpRequest,
    sought: Sought,
    features: LocalFeatures,
    hit: Image,
    geometry: Geometry,
) -> HttpResponse:
    """Show a hit beside what was searched with, which has these local features."""
    try:
        proof = prove(
            query=features, size=sought.size, part=sought.part, hit=hit, geometry=geometry
        )
    except LocalFeaturesError as error:
        raise Http404(_("The local features of this picture are damaged.")) from error
    context = {
        "proof": proof,
        "sought": sought,
        "hit": hit,
        "hit_url": picture_of(hit),
        "most_lines": MOST_LINES,
    }
    return render(request, "search/proof.html", context)
