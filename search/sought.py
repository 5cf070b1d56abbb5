"""What was searched with, as the pages that compare it with one hit show it."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from catalog.models import Image
from catalog.pixels import Box
from catalog.querysets import ImageQuerySet

from .models import Query


@dataclass(frozen=True, slots=True)
class Sought:
    """A stored query, or an image of the catalogue.

    `part` is where in its picture, in pixels of its `size`; None is all of it. `name` is empty for
    what was uploaded.
    """

    row: Query | Image
    size: tuple[int, int]
    part: Box | None
    picture_url: str
    ranking_url: str
    name: str = ""

    @property
    def frame(self) -> Box | None:
        """The part as left, top, width and height."""
        if self.part is None:
            return None
        x1, y1, x2, y2 = self.part
        return x1, y1, x2 - x1, y2 - y1


def sought_query(query: Query) -> Sought:
    return Sought(
        query,
        (query.width, query.height),
        query.box,
        reverse("search:picture", args=[query.pk]),
        query.get_absolute_url(),
    )


def sought_image(image: Image) -> Sought:
    return Sought(
        image,
        (image.width, image.height),
        None,
        picture_of(image),
        reverse("search:similar", args=[image.pk]),
        image.shown_name,
    )


def seen_images(request: HttpRequest) -> ImageQuerySet:
    """The images that may be compared: those that the user sees, with their collections."""
    return Image.objects.visible_to(request.user).select_related("collection")


def picture_of(image: Image) -> str:
    """Return the address of a picture large enough to look at closely."""
    address = reverse("catalog:thumbnail", args=[image.pk, "large"])
    return f"{address}?v={image.sha256[:12]}"
