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
from django.utils.translation import gettext as _

from .describing import Described, stored_pixels, usable
from .descriptors import DescriptorError, PictureDescriptor, Prepared
from .descriptors.derived import describe_together, prepare_together
from .models import Image
from .names import printable
from .pixels import PictureError
from .querysets import ImageQuerySet
from .timing import timed
from .trouble.database import DATABASE_ERRORS, in_words
from .trouble.storage import StorageAway
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
    """An image about to be described; `version` tells whether its picture is replaced meanwhile.

    `lacks` are the names of the descriptors of which it has no current vector.
    """

    version: Version
    name: str
    file: str
    lacks: set[str]


# What the descriptors make of a picture, or why there is none.
Ready = Prepared | PictureError


def pending_ids(
    *,
    images: ImageQuerySet,
    descriptor: PictureDescriptor,
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
    descriptor: PictureDescriptor,
    also: Sequence[PictureDescriptor] = (),
    batch_size: int = DEFAULT_BATCH_SIZE,
    force: bool = False,
    on_progress: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ExtractionReport:
    """Store `descriptor`'s vector on the images `ids`; without `force`, only where none is current.

    And those of `also`: descriptors that share a network and its input share its passes, too.
    Pictures are decoded by threads, a few batches ahead of the network; each batch is committed
    before the next is described, so that a killed process loses at most one. Several processes
    may work on the same images: each starts at another place and skips what is done meanwhile.
    A picture that fails is recorded on its row and stops nothing. Raises `DescriptorError` where
    the weights cannot be had.
    """
    report, storage = ExtractionReport(), Image._meta.get_field("file").storage
    descriptors = [descriptor, *also]
    for one in descriptors:
        refuse_to_describe(one, len(ids))

    with stopped_in_words(report), ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for size, prepared in prepared_batches(
            batches=in_batches(ids, batch_size),
            find=lambda batch: find(batch, descriptors=descriptors, force=force),
            prepare=lambda image: prepare(image, storage=storage, descriptors=descriptors),
            pool=pool,
        ):
            if should_stop():
                report.interrupted = True
                break
            store(prepared=prepared, descriptors=descriptors, report=report)
            report.elsewhere += size - len(prepared)
            on_progress(size)
    return report


def refuse_to_describe(descriptor: PictureDescriptor, images: int) -> None:
    """Raise `DescriptorError` where pictures alone do not give images their vectors."""
    if images and not descriptor.describes_images:
        raise DescriptorError(
            _(
                "%(number)d images cannot get a vector of “%(name)s” from their pictures alone: it "
                "depends on their collection. Extract the averaged vectors (“…+dba…”) that it "
                "builds on first, with --collection."
            )
            % {"number": images, "name": descriptor.name}
        )


def find(
    batch: Sequence[int], *, descriptors: Sequence[PictureDescriptor], force: bool
) -> list[PendingImage]:
    """Return those of the images that lack a current vector of any descriptor, in order."""
    found: dict[int, PendingImage] = {}
    for descriptor in descriptors:
        images = Image.objects.filter(pk__in=batch)
        if not force:
            images = images.to_extract(descriptor.name, descriptor.model_id, retry_failed=True)
        for pk, sha256, name, file in images.values_list("pk", "sha256", "name", "file"):
            image = found.setdefault(pk, PendingImage(Version(pk, sha256), name, file, set()))
            image.lacks.add(descriptor.name)
    return [found[pk] for pk in sorted(found)]


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
    prepare: Callable[[PendingImage], Prepared],
    pool: ThreadPoolExecutor,
) -> Iterator[tuple[int, list[tuple[PendingImage, Ready]]]]:
    """Yield (number of ids asked for, images with their pictures), `BATCHES_AHEAD` ahead."""
    waiting: list[tuple[int, list[tuple[PendingImage, Future[Prepared]]]]] = []
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


def outcome(future: Future[Prepared]) -> Ready:
    try:
        return future.result()
    except PictureError as error:
        return error


def prepare(
    image: PendingImage, *, storage: Storage, descriptors: Sequence[PictureDescriptor]
) -> Prepared:
    """Read, decode and reduce one picture; raises `PictureError` and `StorageAway`."""
    return prepare_together(descriptors, stored_pixels(file=image.file, storage=storage))


@timed("extract")
def store(
    *,
    prepared: list[tuple[PendingImage, Ready]],
    descriptors: Sequence[PictureDescriptor],
    report: ExtractionReport,
) -> None:
    """Describe one batch and commit it."""
    pictures = [picture for _image, picture in prepared if not isinstance(picture, PictureError)]
    described = describe_together(descriptors, pictures) if pictures else []
    failed: dict[Version, tuple[str, str]] = {}
    with transaction.atomic():
        for place, descriptor in enumerate(descriptors):
            results = iter(usable(described[place], descriptor) if described else [])
            outcomes = []
            for image, picture in prepared:
                result = picture if isinstance(picture, PictureError) else next(results)
                if isinstance(result, PictureError):
                    failed[image.version] = (printable(image.name), str(result))
                if descriptor.name in image.lacks:
                    outcomes.append((image, result))
            write(outcomes, descriptor=descriptor, report=report)
    report.failed += failed.values()


def write(
    outcomes: list[tuple[PendingImage, Described]],
    *,
    descriptor: PictureDescriptor,
    report: ExtractionReport,
) -> None:
    """Store a batch's vectors of one descriptor, and why others have none."""
    found: list[tuple[Version, bytes]] = []
    failures: list[tuple[Version, str]] = []
    for image, result in outcomes:
        if isinstance(result, PictureError):
            failures.append((image.version, str(result)))
        else:
            found.append((image.version, descriptor.encode(result)))
    kept = vectors_of(descriptor.name)
    written = kept.write_encoded(found, model_id=descriptor.model_id)
    kept.write_errors(failures)
    report.extracted += written
    report.elsewhere += len(found) - written


def clear_features(*, images: ImageQuerySet, descriptor: str) -> int:
    """Remove a descriptor's vectors and recorded errors; returns how many images had any."""
    return vectors_of(descriptor).clear(images)
