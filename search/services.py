"""From a query to hits with images. Reads only; `queries.py` stores queries."""

from dataclasses import dataclass, replace

import numpy as np
from django.utils.translation import gettext as _
from PIL import Image as PillowImage

from catalog.descriptors import Descriptor, get_descriptor
from catalog.models import Collection, Image
from catalog.pixels import Box, PictureError, crop, is_uniform
from catalog.querysets import FeatureCounts
from catalog.vectors import Float32Array

from .engines import Method, get_engine

MIN_SIDE = 16


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: `rank` from 1, `distance` Euclidean in [0, 2]."""

    rank: int
    image: Image
    distance: float


@dataclass(frozen=True, slots=True)
class Results:
    """A stretch of a ranking.

    `ranked` is how many images the whole ranking has, `counts` how many were left out and why
    (None where none was), `method` how the engine made sure of the answer.
    """

    hits: list[Hit]
    ranked: int
    model_id: str
    counts: FeatureCounts | None
    method: Method = "scanned"


def describe_picture(
    *, pixels: PillowImage.Image, box: Box | None = None, descriptor: Descriptor | None = None
) -> Float32Array:
    """Return the vector (D,) of an upright RGB picture or of a box of it.

    Raises `PictureError` where it is too small or shows nothing, `DescriptorError` where the
    weights cannot be had.
    """
    part = crop(pixels, box) if box else pixels
    if min(part.size) < MIN_SIDE:
        raise PictureError(
            _(
                "The picture is too small: %(width)d × %(height)d pixels; at least %(side)d × "
                "%(side)d are needed."
            )
            % {"width": part.width, "height": part.height, "side": MIN_SIDE}
        )
    if is_uniform(part):
        raise PictureError(
            _("The picture shows nothing: all of it has one colour. Choose another one.")
        )
    vector = (descriptor or get_descriptor()).describe_one(part)
    if not np.isfinite(vector).all():
        raise PictureError(_("The picture gives no features. Choose another one."))
    return vector


def count_searchable(*, collection: Collection | None = None, engine: str = "default") -> int:
    """Return how many images a search in `collection` (None: in all) ranks."""
    found = get_engine(engine)
    found.sync()
    return found.count(within=collection.pk if collection else None)


def find_similar(
    *,
    vector: Float32Array,
    collection: Collection | None = None,
    offset: int = 0,
    limit: int = 30,
    engine: str = "default",
    descriptor: Descriptor | None = None,
) -> Results:
    """Rank the images of `collection` (None: all) by distance from `vector` (D,).

    Returns ranks `offset + 1` to `offset + limit`; fewer, or none, past the end.
    """
    descriptor = descriptor or get_descriptor()
    backend = get_engine(engine, descriptor=descriptor)
    backend.sync()
    within = collection.pk if collection else None
    answer = backend.answer(vector[None], offset + limit, within=within)
    ids, distances = answer.ids[0, offset:], answer.distances[0, offset:]
    images = Image.objects.select_related("collection").in_bulk(ids.tolist())
    ranked = backend.count(within=within)
    return Results(
        hits=[
            Hit(rank=rank, image=images[pk], distance=distance)
            for rank, (pk, distance) in enumerate(
                zip(ids.tolist(), distances.tolist(), strict=True), start=offset + 1
            )
            if pk in images  # a row deleted since the sync
        ],
        ranked=ranked,
        model_id=descriptor.model_id,
        counts=count_left_out(collection=collection, model_id=descriptor.model_id, ranked=ranked),
        method=answer.methods[0],
    )


def count_left_out(
    *, collection: Collection | None, model_id: str, ranked: int
) -> FeatureCounts | None:
    """Count the images that a ranking of `ranked` others lacks, by reason; None where none is."""
    left_out = Image.objects.in_collection(collection).of_other_fc6_model(model_id)
    if not left_out.exists():
        return None
    return replace(left_out.feature_counts(model_id), current=ranked)
