"""Which work `extract_features` does for the descriptors that it is given, in which order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..deriving import augment_features, derive_features
from ..descriptors import DescriptorError, PictureDescriptor
from ..descriptors.augmented import AugmentedDescriptor
from ..descriptors.derived import Derived
from ..descriptors.pooled import PooledDescriptor
from ..descriptors.whitened import RegionWhitenedDescriptor
from ..extraction import ExtractionReport, extract_features
from ..models import Collection
from ..regions import extract_regions

Stop = Callable[[], bool]
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, beside the images."""

    batch_size: int
    force: bool
    regions: bool
    collection: Collection | None


def passes(descriptors: Sequence[PictureDescriptor]) -> Iterator[list[PictureDescriptor]]:
    """Group descriptors that one pass over the pictures serves; derived ones come last, alone."""
    alike: dict[object, list[PictureDescriptor]] = {}
    derived = []
    for descriptor in descriptors:
        if isinstance(descriptor, Derived | RegionWhitenedDescriptor):
            derived.append([descriptor])
        elif isinstance(descriptor, PooledDescriptor):
            alike.setdefault(descriptor.input, []).append(descriptor)
        else:
            alike[descriptor] = [descriptor]
    yield from alike.values()
    yield from derived  # type: ignore[misc]  # a list of derived ones is one of descriptors


def extract(
    ids: Sequence[int],
    descriptors: Sequence[PictureDescriptor],
    wanted: Wanted,
    *,
    on_progress: Advance,
    should_stop: Stop,
) -> ExtractionReport:
    """Give the images `ids` their vectors of one of the `passes`. Raises `DescriptorError`."""
    first, *others = descriptors
    if wanted.regions:
        assert isinstance(first, PooledDescriptor)  # noqa: S101 (looked at before)
        return extract_regions(
            ids=ids, descriptor=first, on_progress=on_progress, should_stop=should_stop
        )
    if isinstance(first, AugmentedDescriptor):
        if wanted.collection is None:
            raise DescriptorError(
                _("“%(name)s” is made of a whole collection: name it with --collection.")
                % {"name": first.name}
            )
        return augment_features(
            collection=wanted.collection,
            descriptor=first,
            on_progress=on_progress,
            should_stop=should_stop,
        )
    report = ExtractionReport()
    if isinstance(first, Derived | RegionWhitenedDescriptor):
        # What can be computed needs no picture; the rest is described as a query is.
        report, ids = derive_features(
            ids=ids, descriptor=first, on_progress=on_progress, should_stop=should_stop
        )
        if report.interrupted or report.stopped or not ids:
            return report
    described = extract_features(
        ids=ids,
        descriptor=first,
        also=others,
        batch_size=wanted.batch_size,
        force=wanted.force,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    described.extracted += report.extracted
    described.elsewhere += report.elsewhere
    described.failed = report.failed + described.failed
    return described
