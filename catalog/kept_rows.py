"""Rows that are kept beside images, of vectors and of regions, whatever descriptor they are of."""

from collections.abc import Sequence

from django.apps import apps
from django.db.models import CharField, Value
from django.db.models.functions import Concat

# Models that keep something of an image's pixels, each with a `model_id`.
BESIDE = ("ImageVector", "ImageRegions")


def stored_names() -> list[str]:
    """Return the names of the descriptors, fc6 apart, that any image has a row of, in order.

    A step along the index for each, however many rows there are.
    """
    names: list[str] = []
    rows = apps.get_model("catalog.ImageVector").objects.order_by("descriptor")
    while True:
        later = rows.filter(descriptor__gt=names[-1]) if names else rows
        if (name := later.values_list("descriptor", flat=True).first()) is None:
            return names
        names.append(name)


def forget_rows(image: int) -> None:
    """Delete what rows beside the image keep, whose picture is being replaced."""
    for model in BESIDE:
        apps.get_model("catalog", model).objects.filter(image=image).delete()


def mark_outdated(images: Sequence[int], *, note: str) -> None:
    """Give every vector of these images a model id that nothing searches by: its own and `note`.

    So it shows as outdated, and the next extraction makes it anew. At most
    `querysets.VALUES_AT_A_TIME` images.
    """
    beside = [
        (apps.get_model("catalog", model).objects.filter(image__in=images), "model_id")
        for model in BESIDE
    ]
    own = apps.get_model("catalog.Image").objects.filter(pk__in=images)
    for kept, column in ((own, "fc6_model_id"), *beside):
        marked = Concat(column, Value(note), output_field=CharField())
        kept.exclude(**{column: ""}).update(**{column: marked})
