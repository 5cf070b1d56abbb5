"""Images that lack a current vector -> pictures -> vectors -> their store."""

import logging
import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.files.storage import Storage
from django.db import transaction
from PIL import Image as PillowImage

from .describing import describe_many, stored_pixels
from .descriptors import Descriptor
from .models import Image
from .names import printable
from .pixels import PictureError
from .querysets import ImageQuerySet
from .trouble.database import DATABASE_ERRORS, in_words
from .trouble.storage import StorageAway
from .vectors import Float32Array
from .vectorstore import Version, vectors_of

logger = logging.getLogger(__name__)

DEFAULT_BATCH_SIZE = 32
BATCHES_AHEAD = 2


@dataclass
class ExtractionReport:
    """What one extraction did: vectors stored, failures by name, and rows left for another run.

    `elsewhere` counts rows that another process finished, or a deletion removed, meanwhile.
    `stopped` says why it ended early, where the storage or the database would have failed for
    every further image; else ''.
    """

    extracted: int = 0
    elsewhere: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    interrupted: bool = False
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class PendingImage:
    """An image about to be described; `version` tells whether its picture is replaced meanwhile."""

    version: Version
    name: str
    file: str


# A picture as its descriptor's `prepare` leaves it, or why there is none.
Prepared = PillowImage.Image | PictureError


def pending_ids(
    *,
    images: ImageQuerySet,
    descriptor: Descriptor,
    limit: int | None = None,
    force: bool = False,
    retry_failed: bool = False,
) -> list[int]:
    """Return the primary keys of the images to extract, in order, at most `limit`.

    Those without a current vector; those whose last attempt failed only with `retry_failed`;
    all with `force`.
    """
    if not force:
        images = images.to_extract(descriptor.name, descriptor.model_id, retry_failed=retry_failed)
    return list(images.order_by("pk").values_list("pk", flat=True)[:limit])


def extract_features(
    *,
    ids: Sequence[int],
    descriptor: Descriptor,
    batch_size: int = DEFAULT_BATCH_SIZE,
    force: bool = False,
    on_progress: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ExtractionReport:
    """Store `descriptor`'s vector on the images `ids`; without `force`, only where none is current.

    Pictures are decoded by threads, a few batches ahead of the network; each batch is committed
    before the next is described, so that a killed process loses at most one. Several processes
    may work on the same images: each starts at another place and skips what is done meanwhile.
    A picture that fails is recorded on its row and stops nothing. Raises `DescriptorError` where
    the weights cannot be had.
    """
    report, storage = ExtractionReport(), Image._meta.get_field("file").storage

    def find(batch: Sequence[int]) -> list[PendingImage]:
        images = Image.objects.filter(pk__in=batch)
        if not force:
            images = images.to_extract(descriptor.name, descriptor.model_id, retry_failed=True)
        rows = images.order_by("pk").values_list("pk", "sha256", "name", "file")
        return [PendingImage(Version(pk, sha256), name, file) for pk, sha256, name, file in rows]

    with stopped_in_words(report), ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for size, prepared in prepared_batches(
            batches=in_batches(ids, batch_size),
            find=find,
            prepare=lambda image: prepare(image, storage=storage, descriptor=descriptor),
            pool=pool,
        ):
            if should_stop():
                report.interrupted = True
                break
            store(prepared=prepared, descriptor=descriptor, report=report)
            report.elsewhere += size - len(prepared)
            on_progress(size)
    return report


@contextmanager
def stopped_in_words(report: ExtractionReport) -> Iterator[None]:
    """Note what ends all extraction in the report; what is committed by then stays."""
    try:
        yield
    except DATABASE_ERRORS as error:
        logger.info("The database refused", exc_info=error)
        report.stopped = in_words(error)
    except StorageAway as away:
        report.stopped = str(away)


def in_batches(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Cut `ids` into batches, starting at a random one and going round."""
    batches = [ids[start : start + size] for start in range(0, len(ids), size)]
    first = random.randrange(len(batches)) if batches else 0  # noqa: S311 (no secret)
    yield from batches[first:] + batches[:first]


def prepared_batches(
    *,
    batches: Iterator[Sequence[int]],
    find: Callable[[Sequence[int]], list[PendingImage]],
    prepare: Callable[[PendingImage], PillowImage.Image],
    pool: ThreadPoolExecutor,
) -> Iterator[tuple[int, list[tuple[PendingImage, Prepared]]]]:
    """Yield (number of ids asked for, images with their pictures), `BATCHES_AHEAD` ahead."""
    waiting: list[tuple[int, list[tuple[PendingImage, Future[PillowImage.Image]]]]] = []
    try:
        while True:
            while len(waiting) < BATCHES_AHEAD and (batch := next(batches, None)) is not None:
                images = find(batch)
                futures = [(image, pool.submit(prepare, image)) for image in images]
                waiting.append((len(batch), futures))
            if not waiting:
                return
            size, futures = waiting.pop(0)
            yield size, [(image, outcome(future)) for image, future in futures]
    finally:
        for _size, futures in waiting:
            for _image, future in futures:
                future.cancel()


def outcome(future: Future[PillowImage.Image]) -> Prepared:
    try:
        return future.result()
    except PictureError as error:
        return error


def prepare(image: PendingImage, *, storage: Storage, descriptor: Descriptor) -> PillowImage.Image:
    """Read, decode and reduce one picture; raises `PictureError` and `StorageAway`."""
    return descriptor.prepare(stored_pixels(file=image.file, storage=storage))


def store(
    *,
    prepared: list[tuple[PendingImage, Prepared]],
    descriptor: Descriptor,
    report: ExtractionReport,
) -> None:
    """Describe one batch and commit it."""
    pictures = [picture for _image, picture in prepared if not isinstance(picture, PictureError)]
    described = iter(describe_many(pictures=pictures, descriptor=descriptor))
    vectors: list[tuple[Version, Float32Array]] = []
    failures: list[tuple[Version, str]] = []
    for image, picture in prepared:
        result = picture if isinstance(picture, PictureError) else next(described)
        if isinstance(result, PictureError):
            failures.append((image.version, str(result)))
            report.failed.append((printable(image.name), str(result)))
        else:
            vectors.append((image.version, result))
    kept = vectors_of(descriptor.name)
    with transaction.atomic():
        written = kept.write(vectors, model_id=descriptor.model_id, dim=descriptor.dim)
        kept.write_errors(failures)
    report.extracted += written
    report.elsewhere += len(vectors) - written


def clear_features(*, images: ImageQuerySet, descriptor: str) -> int:
    """Remove a descriptor's vectors and recorded errors; returns how many images had any."""
    return vectors_of(descriptor).clear(images)
