"""What goes in and out, beside what only one room of addresses has. Sizes in pixels and bytes."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from catalog.addresses import address
from catalog.models import Collection, Image
from catalog.pixels import Box

from .problems import Problem, wrong_field


def no_truth(value: Any) -> Any:
    """Refuse true and false where a number is wanted, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "no number")
    return value


# Stands after the limits of a number, so that descriptions tell them.
NotTruth = BeforeValidator(no_truth)
Number = Annotated[float, Field(allow_inf_nan=False), NotTruth]
# What databases take as a row's number.
RowNumber = Annotated[int, Field(ge=1, le=2**63 - 1), NotTruth]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000), NotTruth]
PageSize = Annotated[int, Field(ge=1, le=100), NotTruth]
Slug = Annotated[str, Field(min_length=1, max_length=100)]
# x1, y1, x2, y2 in pixels.
Sides = Annotated[list[Number], Field(min_length=4, max_length=4)]


class CollectionOut(Schema):
    slug: str
    title: str
    images: int
    searchable: int = Field(description="images that the best way to rank here can find")
    recipe: str = Field(description="name of the best way to rank here")
    address: str = Field(description="of its page")


class ImageOut(Schema):
    id: int
    name: str
    collection: str
    width: int
    height: int
    format: str
    byte_size: int
    sha256: str
    imported_at: datetime
    address: str = Field(description="of its page")
    original: str = Field(description="address of its file")
    thumbnail: str = Field(description="address of a rendition of at most 320 pixels a side")


class Page(Schema):
    count: int = Field(description="of all pages together")
    page: int
    pages: int


class ImagesOut(Page):
    images: list[ImageOut]


class QueryOut(Schema):
    """A picture that was sent to search with, or a part of one."""

    id: UUID
    width: int
    height: int
    box: Sides | None
    image: int | None = Field(description="the image of the catalogue that it is a part of")
    recipe: str
    address: str = Field(description="of its result page")
    picture: str = Field(description="address of what is kept of the picture")
    kept_until: datetime


class HitOut(Schema):
    rank: int
    score: float
    image: ImageOut
    inliers: int = Field(description="places by which geometry proved it; 0: not proven")
    region: Sides | None = Field(description="the part compared, in shares of width and height")
    farther: float | None = Field(description="share of pictures that are farther, of a distance")
    mark: Literal["like", "unlike"] | None


class SearchOut(Page):
    recipe: str
    measure: Literal["distance", "similarity"] = Field(
        description="what scores are: distances (0 is the same) or similarities (1 is the most)"
    )
    checked: bool | None = Field(description="all that geometry was to check; null: none was asked")
    nothing_similar: bool = Field(description="no hit is nearer than the nearest is by chance")
    lacking: int = Field(description="pictures and marks that do not count: gone, or no features")
    address: str | None = Field(description="of the page with this ranking; null for a vector")
    queries: list[UUID] = Field(description="of the pictures that were sent with this request")
    hits: list[HitOut]


def page_of(rows: QuerySet, *, number: int, size: int) -> tuple[list[Any], dict[str, int]]:
    """Return the rows of a page, the last one past the end, and what `Page` tells of it."""
    pages = Paginator(rows, size)
    page = pages.get_page(number)
    told = {"count": pages.count, "page": page.number, "pages": pages.num_pages}
    return list(page), told


def image_out(image: Image) -> dict:
    """Return what `ImageOut` shows; the image's collection must be loaded."""
    return {
        "id": image.pk,
        "name": image.name,
        "collection": image.collection.slug,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "byte_size": image.byte_size,
        "sha256": image.sha256,
        "imported_at": image.imported_at,
        "address": image.get_absolute_url(),
        "original": address("catalog:original", image.pk),
        "thumbnail": address("catalog:thumbnail", image.pk, "grid"),
    }


def existing_collection(request: HttpRequest, slug: str) -> Collection:
    """Return the collection of this short name in an address; raises `Http404`."""
    found = found_collection(request, slug)
    if found is None:
        raise Http404
    return found


def found_collection(
    request: HttpRequest, slug: str | None, *, field: str = ""
) -> Collection | None:
    """Return the collection of this short name that the caller sees, None for none.

    Raises `Http404`, or where the name is the value of a `field` that this cannot be used.
    """
    if not slug:
        return None
    seen = Collection.objects.visible_to(request.user)
    found = seen.filter(slug=slug).first() if "\0" not in slug else None
    if found is None:
        if not field:
            raise Http404
        raise wrong_field(field, _("There is no collection “%(name)s”.") % {"name": slug})
    return found


def box_of(sides: list[float], *, field: str) -> Box:
    """Return four sides as a box; raises `Problem` where it has no area."""
    x1, y1, x2, y2 = sides
    if not (0 <= x1 < x2 and 0 <= y1 < y2):
        text = _("The part has no area: right must exceed left, bottom must exceed top.")
        raise wrong_field(field, text)
    return x1, y1, x2, y2


def too_large_problem(names: list[str]) -> Problem:
    """What to raise where files were dropped for their size."""
    text = _("Too large: %(names)s.") % {"names": ", ".join(names)}
    return Problem(413, text)
