"""What makes stored queries beside the start page: parts of pictures, and further pictures."""

import uuid

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.descriptors import DescriptorError
from catalog.files.thumbnails import CODINGS, SIZES, render
from catalog.models import Image
from catalog.pixels import Fault, PictureError
from catalog.trouble.storage import StorageAway
from catalog.uploads import too_large_files

from .asking import address_of, asked_question, chosen_recipe, chosen_scope
from .forms import BoxForm, UploadForm
from .models import Query
from .queries import create_queries, crop_query, image_part_query, working_copy
from .questions import Example
from .questions.model import MOST_EXAMPLES
from .recipes import default_recipe
from .result_views import HtmxHttpRequest, show_results
from .turn_views import in_turn


@require_POST
@in_turn
def crop(request: HtmxHttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Search with a part of a stored query's picture."""
    query = get_object_or_404(
        Query.objects.visible_to(request.user).select_related("collection"), pk=pk
    )
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


@require_POST
@in_turn
def image_part(request: HttpRequest, pk: int) -> HttpResponse:
    """Search with a part of an image of the catalogue; what is wrong is said on its page."""
    image = get_object_or_404(
        Image.objects.visible_to(request.user).select_related("collection"), pk=pk
    )
    form = BoxForm(request.POST)
    if form.is_valid():
        try:
            recipe = chosen_recipe(request, default=default_recipe(image.collection).name)
            return redirect(image_part_query(image=image, box=form.box, recipe=recipe))
        except (PictureError, DescriptorError, StorageAway) as error:
            form.add_error(None, str(error))
    for problem in form.errors.values():
        messages.error(request, " ".join(map(str, problem)))
    return redirect(image)


@require_POST
@in_turn
def add_to_query(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Search with one more picture beside a stored query's."""
    query = get_object_or_404(Query.objects.visible_to(request.user), pk=pk)
    return add_picture(request, Example("query", pk), query.get_absolute_url(), query.recipe)


@require_POST
@in_turn
def add_to_image(request: HttpRequest, pk: int) -> HttpResponse:
    """Search with one more picture beside an image of the catalogue."""
    image = get_object_or_404(
        Image.objects.visible_to(request.user).select_related("collection"), pk=pk
    )
    default = default_recipe(image.collection).name
    address = reverse("search:similar", args=[image.pk])
    return add_picture(request, Example("image", pk), address, default)


def add_picture(request: HttpRequest, own: Example, address: str, default: str) -> HttpResponse:
    """Store the pictures that were sent, and lead to the question with them, or with a message."""
    question = asked_question(request, own)
    too_large = bool(too_large_files(request))
    form = UploadForm(request.POST, request.FILES, too_large=too_large, user=request.user)
    collection = chosen_scope(request, default=None).collection
    if len(question.examples) + len(form.pictures) > MOST_EXAMPLES:
        text = _("A search takes at most %(number)d pictures.") % {"number": MOST_EXAMPLES}
        form.add_error(None, text)
    try:
        if form.is_valid():
            recipe = chosen_recipe(request, default=default)
            for query in create_queries(files=form.pictures, collection=collection, recipe=recipe):
                question = question.and_also(Example("query", query.pk))
    except (PictureError, DescriptorError) as error:
        form.add_error(None, str(error))
    for problem in form.errors.values():
        messages.error(request, " ".join(map(str, problem)))
    return redirect(address_of(request, question, address))


@require_safe
def picture(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    """The working copy of a query's picture; its address is as secret as the query's."""
    query = get_object_or_404(Query.objects.visible_to(request.user), pk=pk)
    try:
        file = query.picture.open("rb")
    except FileNotFoundError:
        raise Http404(_("The picture of this query is gone.")) from None
    return FileResponse(
        file,
        content_type="image/jpeg",
        headers={"Cache-Control": "private, max-age=86400, immutable"},
    )


@require_safe
def sized_picture(request: HttpRequest, pk: uuid.UUID, size: str) -> HttpResponse:
    """The same picture, in one of the sizes in which pages show pictures."""
    query = get_object_or_404(Query.objects.visible_to(request.user), pk=pk)
    if size not in SIZES:
        raise Http404
    try:
        content = render(working_copy(query), SIZES[size], CODINGS[size], proven=True)
    except PictureError as error:
        if error.fault is Fault.MISSING:
            raise Http404(str(error)) from error
        return HttpResponse(status=503, headers={"Retry-After": "1"})
    return HttpResponse(
        content,
        content_type=CODINGS[size].content_type,
        headers={"Cache-Control": "private, max-age=86400, immutable"},
    )
