"""From pictures to stored queries and what they are searched with; `keeping.py` keeps both."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError
from django.utils.translation import gettext as _
from PIL import Image as PillowImage

from catalog.describing import (
    describe_prepared,
    describe_query,
    prepare_query,
    query_part,
    stored_pixels,
)
from catalog.descriptors import DEFAULT, Description, Descriptor, PictureDescriptor, Prepared
from catalog.descriptors.local.base import LocalDescriptor
from catalog.descriptors.local.features import (
    LocalFeatures,
    LocalFeaturesError,
    without_features,
)
from catalog.locks import Locked, at_once
from catalog.models import Collection, Image
from catalog.names import printable
from catalog.pixels import Box, Fault, PictureError, decode, for_uploads, opened
from catalog.search_words import not_searched_with
from catalog.uploads import sent_name
from catalog.vectorstore import vectors_of

from .keeping import delete_queries, keep_vectors, store_part, store_query
from .models import Query
from .recipes import Recipe, get_recipe
from .remembering import Memory
from .verifying import stored_features

# Local features of the last few queries.
memory = Memory()

WORKING_SIDE = 1600
WORKING_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Reduced:
    """What is kept of an upload: what its descriptors start from, and the working copy (JPEG) with
    its `size` in pixels."""

    prepared: Prepared
    size: tuple[int, int]
    content: bytes


def create_query(
    *,
    file: IO[bytes],
    collection: Collection | None = None,
    recipe: Recipe | None = None,
) -> Query:
    """Store an uploaded picture as a query, with the vectors of its own pixels.

    Not with its local features, if any, which take longer and are not kept.

    The working copy carries no metadata: it is encoded anew from the pixels. Nothing is stored
    where a step fails. Raises `PictureError` as decoding an upload and `describe_query` do, and
    `DescriptorError`.
    """
    recipe = recipe or get_recipe(DEFAULT)
    descriptors = recipe.vector_descriptors
    reduced = reduce_upload(file, descriptors)
    described = describe_prepared(picture=reduced.prepared, descriptors=descriptors)
    width, height = reduced.size
    query = Query(collection=collection, width=width, height=height, recipe=recipe.name)
    return store_query(query, content=reduced.content, described=described)


def create_queries(
    *,
    files: Sequence[UploadedFile],
    collection: Collection | None = None,
    recipe: Recipe | None = None,
) -> list[Query]:
    """Store each of several uploads as a query, in order: all, or none of them.

    Raises as `create_query`; the message of a `PictureError` names the file where there are more.
    """
    queries: list[Query] = []
    for file in files:
        try:
            queries.append(create_query(file=file, collection=collection, recipe=recipe))
        except BaseException as error:
            delete_queries(query.pk for query in queries)
            if isinstance(error, PictureError) and len(files) > 1:
                name = printable(sent_name(file))
                raise PictureError(error.fault, f"{name}: {error}") from error
            raise
    return queries


def reduce_upload(file: IO[bytes], descriptors: Sequence[Descriptor]) -> Reduced:
    """Decode an upload, and do all that takes its pixels while its place for decoding is held.

    The pixels are gone when this returns: many uploads may wait for the network at once.
    """
    # Pillow releases the interpreter's lock: another core encodes while this one resizes.
    with opened(file, for_uploads()) as picture, ThreadPoolExecutor(max_workers=1) as beside:
        part = query_part(pixels=picture.pixels)
        encoding = beside.submit(encode_working_copy, picture.pixels)
        prepared = prepare_query(part, descriptors)
        size, content = encoding.result()
        return Reduced(prepared, size, content)


def encode_working_copy(pixels: PillowImage.Image) -> tuple[tuple[int, int], bytes]:
    """Return the size and the JPEG bytes of what is kept of an upload."""
    copy = pixels.copy()
    copy.thumbnail((WORKING_SIDE, WORKING_SIDE), PillowImage.Resampling.LANCZOS)
    copy.info.clear()
    buffer = BytesIO()
    copy.save(buffer, "JPEG", quality=WORKING_QUALITY)
    return copy.size, buffer.getvalue()


def crop_query(*, query: Query, box: Box, recipe: Recipe | None = None) -> Query:
    """Store a query for a part of an earlier query's picture; the earlier one stays.

    Both have the one file. `box` is in pixels of the working copy. Raises as `describe_query`, and
    `PictureError` where the earlier query is deleted meanwhile.
    """
    recipe = recipe or get_recipe(query.recipe)
    described = describe_query(
        pixels=pixels_of(query), box=box, descriptors=recipe.vector_descriptors
    )
    part = Query(
        collection=query.collection,
        image_id=query.image_id,
        width=query.width,
        height=query.height,
        **sides_within(box, (query.width, query.height)),
        recipe=recipe.name,
    )
    return store_part(part, of=query, described=described)


def image_part_query(*, image: Image, box: Box, recipe: Recipe) -> Query:
    """Store a query for a part of an image of the catalogue; `box` is in pixels of the image.

    It is described from the image's own file; what is kept is a working copy, as of an upload.
    Raises as `stored_pixels` and `describe_query`.
    """
    pixels = stored_pixels(file=image.file.name or "", storage=image.file.storage)
    described = describe_query(pixels=pixels, box=box, descriptors=recipe.vector_descriptors)
    (width, height), content = encode_working_copy(pixels)
    across, down = width / pixels.width, height / pixels.height
    shown = box[0] * across, box[1] * down, box[2] * across, box[3] * down
    query = Query(
        collection=image.collection,
        image=image,
        width=width,
        height=height,
        **sides_within(shown, (width, height)),
        recipe=recipe.name,
    )
    return store_query(query, content=content, described=described)


def sides_within(box: Box, size: tuple[int, int]) -> dict[str, float]:
    """Return the sides of a box as a query has them, cut to a picture of this size."""
    x1, y1, x2, y2 = box
    width, height = map(float, size)
    return {"x1": max(0.0, x1), "y1": max(0.0, y1), "x2": min(width, x2), "y2": min(height, y2)}


def working_copy(query: Query) -> bytes:
    """Return the working copy's file; raises `PictureError` where it is gone."""
    try:
        with query.picture.open("rb") as file:
            return file.read()
    except FileNotFoundError as error:
        message = _("The picture of this query is gone.")
        raise PictureError(Fault.MISSING, message) from error


def descriptions_of(
    *, query: Query, descriptors: Sequence[PictureDescriptor]
) -> dict[str, Description]:
    """Return what a query is searched with, by descriptor; from the working copy if need be.

    That is so for a descriptor that the query was not asked with, and where its vector was made by
    another model id than the current. It is kept for the next time, unless the database is locked
    or read-only: a search waits for nobody. Local features, which are larger than all else of a
    query, are only remembered for a while. Raises as `describe_query`.
    """
    stored = {kept.descriptor: kept for kept in query.vectors.all()}
    found: dict[str, Description] = {}
    lacking = []
    for descriptor in descriptors:
        kept = stored.get(descriptor.name)
        if isinstance(descriptor, LocalDescriptor):
            found[descriptor.name] = local_features_of(query, descriptor)
        elif kept is not None and kept.model_id == descriptor.model_id:
            found[descriptor.name] = descriptor.decode(kept.data)
        else:
            lacking.append(descriptor)
    if not lacking:
        return found
    made = describe_query(pixels=pixels_of(query), box=query.box, descriptors=lacking)
    # The query may be deleted meanwhile, the database locked or read-only.
    with suppress(DatabaseError, Locked), at_once():
        keep_vectors(query, made)
    return found | {descriptor.name: one for descriptor, one in made.items()}


def local_features_of(query: Query, local: LocalDescriptor) -> LocalFeatures:
    """Return the local features of a query's picture or part; a query's never change."""

    def make() -> LocalFeatures:
        described = describe_query(pixels=pixels_of(query), box=query.box, descriptors=[local])
        features: LocalFeatures = described[local]
        return features

    features: LocalFeatures = memory.recall((query.pk, local.model_id), make)
    return features


def pixels_of(query: Query) -> PillowImage.Image:
    return decode(BytesIO(working_copy(query)), proven=True).pixels


class NotDescribed(LookupError):
    """An image cannot be searched with; the message, in the user's language, says why."""


def described_image(*, image: Image, recipe: Recipe) -> dict[str, Description]:
    """Return the stored descriptions of an image, to search with, by descriptor.

    Without local features, or with damaged ones, it can be searched with as well where these are
    only to verify what was ranked by others. Raises `NotDescribed` where what ranks is missing or
    outdated, and `DescriptorError`.
    """
    needed = recipe.plain.describers
    found: dict[str, Description] = {}
    for descriptor in recipe.describers:
        if isinstance(descriptor, LocalDescriptor) and descriptor not in needed:
            found[descriptor.name] = image_features(image, descriptor)
            continue
        store, model_id = vectors_of(descriptor.name), descriptor.model_id
        stored = [data for _c, _pk, data in store.stream(model_id, images=[image.pk])]
        if not stored:
            problem = not_searched_with(store.facts(image.pk, model_id), descriptor)
            raise NotDescribed(problem)
        found[descriptor.name] = decoded(stored[0], descriptor)
    return found


def decoded(data: bytes, descriptor: PictureDescriptor) -> Description:
    """Return a stored description to search with; raises `NotDescribed` where it is damaged."""
    try:
        return descriptor.decode(data)
    except LocalFeaturesError as error:
        raise NotDescribed(_("The local features of this picture are damaged.")) from error


def image_features(image: Image, local: LocalDescriptor) -> LocalFeatures:
    """Return the stored local features of an image; none where it has none, or damaged ones."""
    ((_pk, features),) = stored_features([image.pk], local, lambda: False)
    return features or without_features((image.width, image.height))
