"""Images of the catalogue."""

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from catalog.adding import add_pictures
from catalog.imports.sources import ImportRefused
from catalog.models import Image
from catalog.uploads import named_files, too_large_files

from ..callers import need
from ..problems import Problem, wrong_field
from ..schemas import (
    ImageOut,
    ImagesOut,
    PageNumber,
    PageSize,
    RowNumber,
    Slug,
    found_collection,
    image_out,
    page_of,
)

router = Router(tags=["images"])


class Wanted(Schema):
    collection: str = Field("", max_length=100)
    name: str = Field("", max_length=200, description="part of the name, in any case")
    page: PageNumber = 1
    page_size: PageSize = 30


class SkippedOut(Schema):
    name: str
    reason: str


class AddedOut(Schema):
    """What came in. Features are extracted by a job: images can be searched when it is done."""

    added: int
    unchanged: int
    skipped: list[SkippedOut]


@router.get("/", response={200: ImagesOut}, url_name="images")
def images(request: HttpRequest, wanted: Query[Wanted]) -> dict[str, Any]:
    """Images by name: of one collection, or of all; a page past the end is the last one."""
    collection = found_collection(request, wanted.collection, field="query.collection")
    found = Image.objects.visible_to(request.user)
    found = found.in_collection(collection).select_related("collection")
    if wanted.name:
        found = found.name_contains(wanted.name)
    rows = found.order_by("collection__slug", "name", "pk")
    page, told = page_of(rows, number=wanted.page, size=wanted.page_size)
    return told | {"images": [image_out(image) for image in page]}


@router.post(
    "/",
    response={200: AddedOut},
)
def add_images(
    request: HttpRequest,
    collection: Annotated[Slug, Form(...)],
    pictures: Annotated[list[UploadedFile], File(..., min_length=1)],
) -> dict[str, Any]:
    """Add pictures to a collection, as its page does. Needs the permission `catalog.add_image`."""
    need(request, "catalog.add_image")
    found = found_collection(request, collection, field="collection")
    if found is None:
        raise wrong_field("collection", _("Choose a collection."))
    try:
        report = add_pictures(
            collection=found,
            files=named_files(pictures),
            too_large=too_large_files(request),
            user=request.user,
        )
    except ImportRefused as error:
        raise Problem(503, str(error)) from error
    if report.stopped:
        raise Problem(503, report.stopped)
    return {
        "added": report.added,
        "unchanged": report.unchanged,
        "skipped": [{"name": name, "reason": reason} for name, reason in report.skipped],
    }


@router.get("/{image_id}/", response={200: ImageOut})
def image(request: HttpRequest, image_id: RowNumber) -> dict[str, Any]:
    """One image."""
    return image_out(found_image(request, image_id))


@router.delete(
    "/{image_id}/",
    response={204: None},
)
def delete_image(request: HttpRequest, image_id: RowNumber) -> Status:
    """Delete an image with its file and features. Needs the permission `catalog.delete_image`."""
    need(request, "catalog.delete_image")
    found_image(request, image_id).delete()
    return Status(204, None)


def found_image(request: HttpRequest, number: int) -> Image:
    seen = Image.objects.visible_to(request.user).select_related("collection")
    found = seen.filter(pk=number).first()
    if found is None:
        raise Http404
    return found
