"""Rows that lack a current vector -> pictures -> vectors -> rows."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from django.core.files.storage import Storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image as PillowImage

from .descriptors import Descriptor
from .models import Image
from .pixels import PictureError, decode
from .querysets import ImageQuerySet
from .vectors import Float32Array

DEFAULT_BATCH_SIZE = 32
BATCHES_AHEAD = 2


@dataclass
class ExtractionReport:
    """What one extraction did: vectors stored, failures by name, and rows left for another run.

    `elsewhere` counts rows that another process finished, or a deletion removed, meanwhile.
    """

    extracted: int = 0
    elsewhere: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An image about to be described; `sha256` tells whether its picture is replaced meanwhile."""

    pk: int
    name: str
    sha256: str
    file: str


Decoded = tuple[Row, PillowImage.Image | str]


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
        images = images.pending_fc6(descriptor.model_id, retry_failed=retry_failed)
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
    model_id = descriptor.model_id
    report = ExtractionReport()
    storage = Image._meta.get_field("file").storage

    def find_rows(batch: Sequence[int]) -> list[Row]:
        rows = Image.objects.filter(pk__in=batch).order_by("pk")
        if not force:
            rows = rows.without_current_fc6(model_id)
        return [Row(*values) for values in rows.values_list("pk", "name", "sha256", "file")]

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for size, decoded in decoded_batches(
            batches=in_batches(ids, batch_size),
            find_rows=find_rows,
            decode_row=lambda row: decode_row(row, storage=storage, descriptor=descriptor),
            pool=pool,
        ):
            if should_stop():
                report.interrupted = True
                break
            store(decoded=decoded, descriptor=descriptor, report=report)
            report.elsewhere += size - len(decoded)
            on_progress(size)
    return report


def in_batches(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Cut `ids` into batches, starting at a random one and going round."""
    batches = [ids[start : start + size] for start in range(0, len(ids), size)]
    first = random.randrange(len(batches)) if batches else 0  # noqa: S311 (no secret)
    yield from batches[first:] + batches[:first]


def decoded_batches(
    *,
    batches: Iterator[Sequence[int]],
    find_rows: Callable[[Sequence[int]], list[Row]],
    decode_row: Callable[[Row], Decoded],
    pool: ThreadPoolExecutor,
) -> Iterator[tuple[int, list[Decoded]]]:
    """Yield (number of ids asked for, decoded rows), decoding `BATCHES_AHEAD` ahead."""
    waiting: list[tuple[int, list[Future[Decoded]]]] = []
    try:
        while True:
            while len(waiting) < BATCHES_AHEAD and (batch := next(batches, None)) is not None:
                rows = find_rows(batch)
                waiting.append((len(batch), [pool.submit(decode_row, row) for row in rows]))
            if not waiting:
                return
            size, futures = waiting.pop(0)
            yield size, [future.result() for future in futures]
    finally:
        for _size, futures in waiting:
            for future in futures:
                future.cancel()


def decode_row(row: Row, *, storage: Storage, descriptor: Descriptor) -> Decoded:
    """Read and decode one picture; what fails becomes the reason, in words."""
    pixels = read_pixels(file=row.file, storage=storage)
    return row, pixels if isinstance(pixels, str) else descriptor.prepare(pixels)


def read_pixels(*, file: str, storage: Storage) -> PillowImage.Image | str:
    """Return the upright RGB pixels of a stored picture, or why there are none, in words."""
    try:
        with storage.open(file) as opened:
            return decode(opened).pixels
    except PictureError as error:
        return str(error)
    except FileNotFoundError:
        return _("The file %(file)s is missing from the storage.") % {"file": file}
    # Storage back ends raise errors of their own; one unreadable object must not stop the others.
    except Exception as error:
        return _("The file %(file)s cannot be read (%(error)s).") % {"file": file, "error": error}


def store(*, decoded: list[Decoded], descriptor: Descriptor, report: ExtractionReport) -> None:
    """Describe one batch and commit it."""
    pictures = [(row, picture) for row, picture in decoded if not isinstance(picture, str)]
    failures = [(row, reason) for row, reason in decoded if isinstance(reason, str)]
    vectors = descriptor.describe([picture for _row, picture in pictures])
    for (row, _picture), vector in zip(pictures, vectors, strict=True):
        if not np.isfinite(vector).all():
            failures.append((row, _("The norm of its vector is zero or not finite.")))
    with transaction.atomic():
        for (row, _picture), vector in zip(pictures, vectors, strict=True):
            if np.isfinite(vector).all():
                store_vector(row=row, vector=vector, descriptor=descriptor, report=report)
        for row, reason in failures:
            # A vector the row has from before stays: a failed retry is no reason to lose it.
            Image.objects.filter(pk=row.pk, sha256=row.sha256).update(fc6_error=reason)
            report.failed.append((row.name, reason))


def store_vector(
    *, row: Row, vector: Float32Array, descriptor: Descriptor, report: ExtractionReport
) -> None:
    updated = Image.objects.filter(pk=row.pk, sha256=row.sha256).update(
        fc6=vector,
        fc6_model_id=descriptor.model_id,
        fc6_extracted_at=timezone.now(),
        fc6_error="",
    )
    report.extracted += updated
    report.elsewhere += 1 - updated


def clear_features(*, images: ImageQuerySet) -> int:
    """Remove vectors and recorded errors; returns how many images were cleared."""
    return images.update(fc6=None, fc6_model_id="", fc6_extracted_at=None, fc6_error="")
