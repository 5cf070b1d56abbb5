"""Writes stored queries."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image as PillowImage

from catalog.descriptors import get_descriptor
from catalog.models import Collection
from catalog.pixels import Box, PictureError, decode

from .models import Query, QueryQuerySet
from .services import describe_picture

WORKING_SIDE = 1600
WORKING_QUALITY = 90


def create_query(*, pixels: PillowImage.Image, collection: Collection | None = None) -> Query:
    """Store an uploaded picture as a query, with the vector of its own pixels.

    The working copy carries no metadata: it is encoded anew from the pixels. Nothing is stored
    where a step fails. Raises `PictureError` and `DescriptorError` as `describe_picture`.
    """
    # Pillow releases the interpreter's lock: another core encodes while this one resizes.
    with ThreadPoolExecutor(max_workers=1) as beside:
        encoding = beside.submit(encode_working_copy, pixels)
        vector = describe_picture(pixels=pixels)
        (width, height), content = encoding.result()
    return store_query(
        Query(
            collection=collection,
            width=width,
            height=height,
            fc6=vector,
            fc6_model_id=get_descriptor().model_id,
        ),
        content=content,
    )


def encode_working_copy(pixels: PillowImage.Image) -> tuple[tuple[int, int], bytes]:
    """Return the size and the JPEG bytes of what is kept of an upload."""
    copy = pixels.copy()
    copy.thumbnail((WORKING_SIDE, WORKING_SIDE), PillowImage.Resampling.LANCZOS)
    copy.info.clear()
    buffer = BytesIO()
    copy.save(buffer, "JPEG", quality=WORKING_QUALITY)
    return copy.size, buffer.getvalue()


def crop_query(*, query: Query, box: Box) -> Query:
    """Store a query for a part of an earlier query's picture; the earlier one stays.

    `box` is in pixels of the working copy. Raises as `describe_picture`.
    """
    content = working_copy(query)
    pixels = decode(BytesIO(content)).pixels
    vector = describe_picture(pixels=pixels, box=box)
    x1, y1, x2, y2 = box
    return store_query(
        Query(
            collection=query.collection,
            width=query.width,
            height=query.height,
            x1=max(0.0, x1),
            y1=max(0.0, y1),
            x2=min(float(query.width), x2),
            y2=min(float(query.height), y2),
            fc6=vector,
            fc6_model_id=get_descriptor().model_id,
        ),
        content=content,
    )


def store_query(query: Query, *, content: bytes) -> Query:
    """Save the row and its picture: both, or neither."""
    query.picture.save("picture.jpg", ContentFile(content), save=False)
    try:
        query.save(force_insert=True)
    except BaseException:
        query.picture.storage.delete(query.picture.name)
        raise
    return query


def working_copy(query: Query) -> bytes:
    """Return the working copy's file; raises `PictureError` where it is gone."""
    try:
        with query.picture.open("rb") as file:
            return file.read()
    except OSError as error:
        raise PictureError(_("The picture of this query is gone.")) from error


def refresh_query(*, query: Query) -> Query:
    """Describe a query again where its vector was made by another model id than the current.

    From the working copy: the upload itself is not kept. Raises as `describe_picture`.
    """
    model_id = get_descriptor().model_id
    if query.fc6_model_id != model_id:
        pixels = decode(BytesIO(working_copy(query))).pixels
        query.fc6 = describe_picture(pixels=pixels, box=query.box)
        query.fc6_model_id = model_id
        query.save(update_fields=["fc6", "fc6_model_id"])
    return query


def purge_queries(*, queries: QueryQuerySet) -> int:
    """Delete queries and their pictures; returns how many."""
    deleted = 0
    for query in queries.defer("fc6").iterator():
        with transaction.atomic():
            query.delete()
            transaction.on_commit(
                lambda picture=query.picture: picture.storage.delete(picture.name), robust=True
            )
        deleted += 1
    return deleted
