"""Images with equal bytes: what was computed for one holds for the other.

Beside `vectorstore.py`, the only module that knows that vectors are kept in two places.
"""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Subquery

from .models import Image, ImageVector
from .pixels import READING


def copy_vectors(*, images: Sequence[int]) -> None:
    """Give images that have no vectors those of an image of equal content in their collection.

    Not those that were made of other pixels, by a release that read files otherwise. At most
    `querysets.VALUES_AT_A_TIME` images. Vectors they have, and recorded errors, stay.
    """
    copy_columns(images)
    copy_rows(images)


def copy_columns(images: Sequence[int]) -> None:
    twins = (
        Image.objects.filter(
            collection=OuterRef("collection"),
            sha256=OuterRef("sha256"),
            reading=READING,
            fc6__isnull=False,
        )
        .exclude(pk=OuterRef("pk"))
        .order_by("pk")
    )
    columns = ("fc6", "fc6_model_id", "fc6_extracted_at")
    Image.objects.filter(Exists(twins), pk__in=images, fc6__isnull=True).update(
        **{column: Subquery(twins.values(column)[:1]) for column in columns}
    )


def copy_rows(images: Sequence[int]) -> None:
    wanted: dict[tuple[int, str], list[int]] = {}
    for pk, collection, sha256 in Image.objects.filter(pk__in=images).values_list(
        "pk", "collection", "sha256"
    ):
        wanted.setdefault((collection, sha256), []).append(pk)
    found: dict[tuple[int, str], ImageVector] = {}
    kept = ImageVector.objects.filter(
        image__collection__in={collection for collection, _sha256 in wanted},
        image__sha256__in=[sha256 for _collection, sha256 in wanted],
        image__reading=READING,
        data__isnull=False,
    ).exclude(image__in=images)
    for vector in kept.select_related("image").defer(None).order_by("-image"):
        key = (vector.image.collection_id, vector.image.sha256)
        for pk in wanted.get(key, ()):
            found[pk, vector.descriptor] = vector
    ImageVector.objects.bulk_create(
        [
            ImageVector(
                image_id=pk,
                descriptor=descriptor,
                model_id=vector.model_id,
                extracted_at=vector.extracted_at,
                data=vector.data,
            )
            for (pk, descriptor), vector in found.items()
        ],
        ignore_conflicts=True,
    )
