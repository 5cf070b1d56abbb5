"""Topics -> query vectors or local features: described once per topic, box and model id, kept."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.describing import describe_many, query_part, stored_pixels
from catalog.descriptors import Description, PictureDescriptor, Prepared
from catalog.descriptors.local.features import LocalFeaturesError
from catalog.models import Collection, Image
from catalog.names import printable
from catalog.pixels import PictureError
from catalog.querysets import in_parts
from catalog.vectorstore import vectors_of

from ..formats.differences import box_in_words
from ..formats.ground_truth import Box
from ..importing import is_outside
from ..models import Topic, TopicVector

BATCH_SIZE = 16

OnProgress = Callable[[int, int], None]


@dataclass
class QueryVectors:
    """Topic id to its unit vector (D,) or local features, or to the reason why there is none.

    `described` counts those that were not known before; `interrupted` says that not all were
    tried.
    """

    vectors: dict[int, Description] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    described: int = 0
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A vector to be made: of this topic's image, of `box` or of all of it (None)."""

    topic: int
    image: Image
    box: Box | None


def query_vectors(
    *,
    topics: Sequence[Topic],
    collection: Collection,
    descriptor: PictureDescriptor,
    use_box: bool = True,
    on_progress: OnProgress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> QueryVectors:
    """Return each topic's query vector: of its box, or of the whole image.

    A whole image's vector is the one stored with the image where that is current. Others are
    described in batches, each committed before the next. A topic whose image cannot be used
    gets a reason instead. `on_progress` gets (described, to describe). Raises `DescriptorError`
    where the weights cannot be had.
    """
    result = QueryVectors()
    wanted = find_wanted(topics, collection, use_box, result)
    to_describe = use_known(wanted, descriptor, result)
    if not to_describe:
        return result
    on_progress(0, len(to_describe))
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for start in range(0, len(to_describe), BATCH_SIZE):
            if should_stop():
                result.interrupted = True
                break
            batch = to_describe[start : start + BATCH_SIZE]
            parts = [(item, pool.submit(read_part, item, descriptor)) for item in batch]
            describe_batch(parts, descriptor, result)
            on_progress(start + len(batch), len(to_describe))
    return result


def find_wanted(
    topics: Sequence[Topic], collection: Collection, use_box: bool, result: QueryVectors
) -> list[Wanted]:
    """Tie topics to images; those that cannot be are given a reason."""
    names = sorted({topic.image_name for topic in topics})
    images = collection.images.named(names)
    wanted = []
    for topic in topics:
        image = images.get(topic.image_name)
        box = topic.box if use_box else None
        if image is None:
            result.reasons[topic.pk] = _("The query picture %(name)s is not in the collection.") % {
                "name": printable(topic.image_name)
            }
        elif box and is_outside(box, image.width, image.height):
            result.reasons[topic.pk] = _(
                "The box ends outside the query picture of %(width)d × %(height)d pixels."
            ) % {"width": image.width, "height": image.height}
        else:
            wanted.append(Wanted(topic.pk, image, box))
    return wanted


def use_known(
    wanted: Sequence[Wanted], descriptor: PictureDescriptor, result: QueryVectors
) -> list[Wanted]:
    """Take the vectors that are stored already; return what is left to describe."""
    model_id = descriptor.model_id
    kept_rows = TopicVector.objects.filter(descriptor=descriptor.name, model_id=model_id)
    stored = {
        (kept.topic_id, kept.box): kept
        for part in in_parts([item.topic for item in wanted])
        for kept in kept_rows.filter(topic__in=part)
    }
    whole = [item.image.pk for item in wanted if item.box is None]
    stored_with = vectors_of(descriptor.name).stream(model_id, images=whole)
    of_images = {}
    for _collection, image, data in stored_with:
        # What is damaged is described anew.
        with suppress(LocalFeaturesError):
            of_images[image] = descriptor.decode(data)
    left = []
    for item in wanted:
        kept = stored.get((item.topic, box_in_words(item.box)))
        if item.box is None and item.image.pk in of_images:
            result.vectors[item.topic] = of_images[item.image.pk]
        elif kept and kept.sha256 == item.image.sha256:
            result.vectors[item.topic] = descriptor.decode(kept.data)
        else:
            left.append(item)
    return left


def read_part(item: Wanted, descriptor: PictureDescriptor) -> Prepared:
    """Return what is to be described; raises `PictureError`."""
    file = item.image.file
    pixels = stored_pixels(file=str(file.name), storage=file.storage)
    return descriptor.prepare(query_part(pixels=pixels, box=item.box))


def describe_batch(
    parts: Sequence[tuple[Wanted, Future[Prepared]]],
    descriptor: PictureDescriptor,
    result: QueryVectors,
) -> None:
    """Describe what could be read, and commit it."""
    usable: list[tuple[Wanted, Prepared]] = []
    for item, future in parts:
        try:
            usable.append((item, future.result()))
        except PictureError as error:
            result.reasons[item.topic] = str(error)
    described = describe_many(pictures=[part for _, part in usable], descriptor=descriptor)
    with transaction.atomic():
        for (item, _part), vector in zip(usable, described, strict=True):
            if isinstance(vector, PictureError):
                result.reasons[item.topic] = str(vector)
                continue
            result.vectors[item.topic] = vector
            result.described += 1
            keep(item, vector, descriptor)


def keep(item: Wanted, vector: Description, descriptor: PictureDescriptor) -> None:
    TopicVector.objects.update_or_create(
        topic_id=item.topic,
        descriptor=descriptor.name,
        model_id=descriptor.model_id,
        box=box_in_words(item.box),
        defaults={
            "sha256": item.image.sha256,
            "data": descriptor.encode(vector),
        },
    )
