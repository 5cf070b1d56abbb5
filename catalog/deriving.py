"""What follows from what is stored: whitened, joined, augmented, by words. No picture is needed."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from django.db import transaction
from django.utils.translation import gettext as _

from .describing import usable
from .descriptors import Description, DescriptorError, PictureDescriptor
from .descriptors.augmentation import augmented
from .descriptors.augmented import AugmentedDescriptor
from .descriptors.derived import Derived
from .descriptors.local.features import LocalFeaturesError
from .descriptors.whitened import RegionWhitenedDescriptor
from .extraction import ExtractionReport, PendingImage, in_batches, stopped_in_words, write
from .models import Collection, Image
from .names import printable
from .pixels import PictureError
from .regions import regions_of
from .vectorstore import Version, vectors_of

ROWS_AT_A_TIME = 500

Progress = Callable[[int], None]
# Of several pictures: rows of an array, or a list.
Descriptions = Iterable[Description]
Derivable = Derived | RegionWhitenedDescriptor


def derive_features(
    *,
    ids: Sequence[int],
    descriptor: Derivable,
    on_progress: Progress = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[ExtractionReport, list[int]]:
    """Store `descriptor`'s descriptions of the images whose sources' are stored and current.

    For one that whitens regions, of the images whose regions are kept. Returns also the ids of
    the others, in order, which must be described from their pictures. Each batch is committed;
    several processes may do the same images.
    """
    report, left = ExtractionReport(), []
    with stopped_in_words(report):
        for batch in in_batches(ids, ROWS_AT_A_TIME):
            if should_stop():
                report.interrupted = True
                break
            images = pending(batch, descriptor)
            whole, rows = derived_rows([pk for pk in batch if pk in images], descriptor)
            keep([images[pk] for pk in whole], rows, descriptor=descriptor, report=report)
            left += sorted(set(batch) - set(whole))
            on_progress(len(whole))
    return report, sorted(left)


def derived_rows(ids: Sequence[int], descriptor: Derivable) -> tuple[list[int], Descriptions]:
    """Return those of the images that have all it takes, and what is derived for each."""
    if isinstance(descriptor, RegionWhitenedDescriptor):
        kept = regions_of(ids, descriptor.pooled)
        return list(kept), descriptor.of_regions(list(kept.values()))
    stored = [described(ids, source) for source in descriptor.sources]
    whole = [pk for pk in ids if all(pk in found for found in stored)]
    if not whole:
        return [], []
    gathered = [
        source.gathered([found[pk] for pk in whole])
        for source, found in zip(descriptor.sources, stored, strict=True)
    ]
    return whole, descriptor.derive(gathered)


def described(ids: Sequence[int], source: PictureDescriptor) -> dict[int, Description]:
    """Return the current descriptions of those of the images that have one.

    Local features that are damaged are as good as none: they will be made anew.
    """
    found = {}
    for _collection, pk, data in vectors_of(source.name).stream(source.model_id, images=ids):
        with suppress(LocalFeaturesError):
            found[pk] = source.decode(data)
    return found


def augment_features(
    *,
    collection: Collection,
    descriptor: AugmentedDescriptor,
    on_progress: Progress = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ExtractionReport:
    """Store `descriptor`'s vectors of all images of a collection, from those of its source.

    All anew, as each depends on what else the collection holds. Memory: the source's vectors of
    the collection. Raises `DescriptorError` where images lack one: what is made with half of the
    neighbours would be other vectors.
    """
    report = ExtractionReport()
    source = descriptor.sources[0]
    with stopped_in_words(report):
        images = list(Image.objects.in_collection(collection).values_list("pk", flat=True))
        ids, rows = vectors_of(source.name).matrix(images, model_id=source.model_id, dim=source.dim)
        lacking = len(images) - len(ids)
        if lacking:
            raise DescriptorError(
                _(
                    "%(number)d images have no current vector of “%(source)s”. Extract them "
                    "first: manage.py extract_features --collection %(collection)s "
                    "--descriptor %(source)s"
                )
                % {"number": lacking, "source": source.name, "collection": collection.slug}
            )
        for start in range(0, len(ids), ROWS_AT_A_TIME):
            if should_stop():
                report.interrupted = True
                break
            part = ids[start : start + ROWS_AT_A_TIME]
            found = pending(part, descriptor)
            made = augmented(rows, rows[start : start + ROWS_AT_A_TIME], descriptor.neighbours)
            there = [place for place, pk in enumerate(part) if pk in found]
            kept = [found[part[place]] for place in there]
            keep(kept, made[there], descriptor=descriptor, report=report)
            on_progress(len(part))
    return report


def pending(ids: Sequence[int], descriptor: PictureDescriptor) -> dict[int, PendingImage]:
    """Return the images as they are now, before their vectors are read, by primary key."""
    rows = Image.objects.filter(pk__in=ids).values_list("pk", "sha256", "name", "file")
    return {
        pk: PendingImage(Version(pk, sha256), name, file, {descriptor.name})
        for pk, sha256, name, file in rows
    }


def keep(
    images: Sequence[PendingImage],
    rows: Descriptions,
    *,
    descriptor: PictureDescriptor,
    report: ExtractionReport,
) -> None:
    """Commit a batch."""
    outcomes = list(zip(images, usable(rows, descriptor), strict=True))
    with transaction.atomic():
        write(outcomes, descriptor=descriptor, report=report)
    report.failed += [
        (printable(image.name), str(result))
        for image, result in outcomes
        if isinstance(result, PictureError)
    ]
