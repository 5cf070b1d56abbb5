"""Regions of pictures, kept on request: extracted together with the image's own vector."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils.translation import gettext as _

from .descriptors import Descriptor, DescriptorError, PictureDescriptor
from .descriptors.pooled import PictureRegions, PooledDescriptor
from .extraction import (
    ExtractionReport,
    PendingImage,
    Ready,
    in_batches,
    prepare,
    prepared_batches,
    stopped_in_words,
)
from .models import Image, ImageRegions
from .names import printable
from .pixels import PictureError
from .querysets import ImageQuerySet, in_parts
from .vectors import Float32Array, unit_rows
from .vectorstore import Version, vectors_of

HALF = np.dtype("<f2")
BATCH_SIZE = 16


def with_regions(descriptor: PictureDescriptor) -> PooledDescriptor:
    """Return the descriptor; raises `DescriptorError` where it does not pool regions."""
    if isinstance(descriptor, PooledDescriptor) and descriptor.has_regions:
        return descriptor
    raise DescriptorError(
        _("“%(name)s” has no regions to keep. Descriptors that have: rmac-…, rgem-….")
        % {"name": descriptor.name}
    )


def without_regions(images: ImageQuerySet, descriptor: PooledDescriptor) -> list[int]:
    """Return the primary keys of the images whose regions are not kept, in order."""
    kept = ImageRegions.objects.of_model(descriptor.name, descriptor.model_id)
    lacking = images.exclude(pk__in=kept.values("image"))
    return list(lacking.order_by("pk").values_list("pk", flat=True))


def extract_regions(
    *,
    ids: Sequence[int],
    descriptor: PooledDescriptor,
    on_progress: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ExtractionReport:
    """Store the regions of the images `ids`, and from the same pass their vectors.

    As `extract_features`: by batches, each committed; what failed is on its row.
    """
    report, storage = ExtractionReport(), Image._meta.get_field("file").storage

    def find(batch: Sequence[int]) -> list[PendingImage]:
        images = Image.objects.filter(pk__in=without_regions_in(batch, descriptor))
        rows = images.order_by("pk").values_list("pk", "sha256", "name", "file")
        return [
            PendingImage(Version(pk, sha256), name, file, {descriptor.name})
            for pk, sha256, name, file in rows
        ]

    with stopped_in_words(report), ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for size, prepared in prepared_batches(
            batches=in_batches(ids, BATCH_SIZE),
            find=find,
            prepare=lambda image: prepare(image, storage=storage, descriptors=[descriptor]),
            pool=pool,
        ):
            if should_stop():
                report.interrupted = True
                break
            store(prepared=prepared, descriptor=descriptor, report=report)
            report.elsewhere += size - len(prepared)
            on_progress(size)
    return report


def without_regions_in(batch: Sequence[int], descriptor: PooledDescriptor) -> list[int]:
    return without_regions(Image.objects.filter(pk__in=batch), descriptor)


def store(
    *,
    prepared: list[tuple[PendingImage, Ready]],
    descriptor: PooledDescriptor,
    report: ExtractionReport,
) -> None:
    """Describe one batch and commit it."""
    good = [(image, p[0]) for image, p in prepared if not isinstance(p, PictureError)]
    bad = [(image, str(p)) for image, p in prepared if isinstance(p, PictureError)]
    found = descriptor.describe_regions([picture for _image, picture in good])
    vectors = [
        (image.version, unit_rows(regions.rows.sum(axis=0, keepdims=True))[0])
        for (image, _picture), regions in zip(good, found, strict=True)
    ]
    kept = vectors_of(descriptor.name)
    with transaction.atomic():
        kept.write(vectors, model_id=descriptor.model_id, dim=descriptor.dim)
        kept.write_errors([(image.version, why) for image, why in bad])
        written = write(good, found, descriptor)
    report.extracted += written
    report.elsewhere += len(good) - written
    report.failed += [(printable(image.name), why) for image, why in bad]


def write(
    images: list[tuple[PendingImage, object]],
    found: list[PictureRegions],
    descriptor: PooledDescriptor,
) -> int:
    """Store regions; returns how many images took theirs: those whose picture is still the same."""
    versions = [image.version for image, _picture in images]
    rows = Image.objects.filter(pk__in=[version.pk for version in versions])
    there = set(rows.select_for_update().values_list("pk", "sha256"))
    kept = [
        ImageRegions(
            image_id=version.pk,
            descriptor=descriptor.name,
            model_id=descriptor.model_id,
            boxes=regions.boxes.astype(HALF).tobytes(),
            data=regions.rows.astype(HALF).tobytes(),
        )
        for version, regions in zip(versions, found, strict=True)
        if (version.pk, version.sha256) in there
    ]
    ImageRegions.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["image", "descriptor"],
        update_fields=["model_id", "boxes", "data"],
    )
    return len(kept)


@dataclass(frozen=True, slots=True)
class RegionBlock:
    """The regions of some images, one image's after the other's.

    `ids` (N,) are the images, `counts` (N,) how many regions each has; `boxes` (R, 4) and `rows`
    (R, D) as in `PictureRegions`.
    """

    ids: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    boxes: Float32Array
    rows: Float32Array


def stream_regions(
    descriptor: Descriptor, *, within: frozenset[int] | None, images_at_a_time: int
) -> Iterator[RegionBlock]:
    """Yield the regions of these collections' images (None: of all), in no order, in blocks.

    Those of the descriptor's current model id: others are as outdated as vectors of another.
    """
    rows = ImageRegions.objects.of_model(descriptor.name, descriptor.model_id).within(within)
    # Unsorted: a database sorts whole rows.
    values = rows.order_by().values_list("image", "boxes", "data")
    stored = values.iterator(chunk_size=images_at_a_time)
    while block := list(islice(stored, images_at_a_time)):
        ids, boxes, data = zip(*block, strict=True)
        yield RegionBlock(
            np.array(ids, dtype=np.int64),
            np.array([len(one) // (4 * HALF.itemsize) for one in boxes], dtype=np.int64),
            decode(b"".join(boxes), 4),
            decode(b"".join(data), descriptor.dim),
        )


def regions_of(images: Sequence[int], descriptor: Descriptor) -> dict[int, Float32Array]:
    """Return the kept regions (R, D) of those of these images that have some, by image."""
    found: dict[int, Float32Array] = {}
    kept = ImageRegions.objects.of_model(descriptor.name, descriptor.model_id)
    for part in in_parts(images):
        rows = kept.filter(image__in=part).order_by("image").values_list("image", "data")
        found |= {image: decode(bytes(data), descriptor.dim) for image, data in rows}
    return found


def decode(data: bytes, columns: int) -> Float32Array:
    return np.frombuffer(data, HALF).astype(np.float32).reshape(-1, columns)
