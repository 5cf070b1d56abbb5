"""Derived descriptors: what follows from what other descriptors give, without a network."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.functional import Promise
from PIL import Image

from ..vectors import Float32Array
from .base import Descriptor, PictureDescriptor, Prepared
from .pooled import PooledDescriptor, pool_together


class Derived(PictureDescriptor):
    """Its descriptions are computed from those of its `sources`, in order."""

    sources: tuple[PictureDescriptor, ...]

    @abstractmethod
    def derive(self, descriptions: Sequence[Any]) -> Any:
        """Return what `describe` would, from what each source's returned for the same pictures."""

    @property
    def trained(self) -> bool:
        return all(source.trained for source in self.sources)

    @property
    def describes_images(self) -> bool:
        return all(source.describes_images for source in self.sources)

    @property
    def origin(self) -> str | Promise:  # type: ignore[override]  # a value instead of a constant
        return " ".join(dict.fromkeys(str(s.origin) for s in self.sources if s.origin))

    def prepare(self, image: Image.Image) -> Prepared:
        """Return what each kind of network input starts from, in the order of `kinds`."""
        return tuple(group[0].prepare(image) for group in kinds([self]))

    def describe(self, images: Sequence[Prepared]) -> Any:
        return describe_together([self], images)[0]


class DerivedDescriptor(Derived, Descriptor):
    """Its vectors are computed from those of its `sources`."""

    sources: tuple[Descriptor, ...]

    @abstractmethod
    def derive(self, descriptions: Sequence[Float32Array]) -> Float32Array:
        """Return rows (N, dim) of norm 1 from each source's rows (N, D) for the same pictures.

        A row that a source has as NaN is NaN.
        """


def describe_together(
    descriptors: Sequence[PictureDescriptor], images: Sequence[Prepared]
) -> list[Sequence[Any]]:
    """Return each descriptor's descriptions of N pictures; what several build on is computed once.

    `images` are pictures, or what a derived descriptor made of them that has the same `kinds` as
    these descriptors together. Raises `DescriptorError` where weights cannot be had.
    """
    known: dict[PictureDescriptor, Any] = {}
    for place, group in enumerate(kinds(descriptors)):
        prepared = [image[place] if isinstance(image, tuple) else image for image in images]
        first, *others = group
        if isinstance(first, PooledDescriptor):
            alike = [first, *(one for one in others if isinstance(one, PooledDescriptor))]
            known.update(zip(alike, pool_together(alike, prepared), strict=True))
        else:
            known[first] = first.describe(prepared)
    return [rows_of(descriptor, known) for descriptor in descriptors]


def prepare_together(descriptors: Sequence[PictureDescriptor], image: Image.Image) -> Prepared:
    """Return what `describe_together` of the same descriptors starts from."""
    return tuple(group[0].prepare(image) for group in kinds(descriptors))


def kinds(descriptors: Sequence[PictureDescriptor]) -> list[list[PictureDescriptor]]:
    """Group the descriptors that these build on, and themselves, by what one pass serves.

    Those of a group have the same `prepare`.
    """
    groups: dict[object, dict[PictureDescriptor, None]] = {}
    for leaf in leaves(descriptors):
        kind = leaf.input if isinstance(leaf, PooledDescriptor) else leaf
        groups.setdefault(kind, {})[leaf] = None
    return [list(group) for group in groups.values()]


def leaves(descriptors: Sequence[PictureDescriptor]) -> Iterator[PictureDescriptor]:
    for descriptor in descriptors:
        if isinstance(descriptor, Derived):
            yield from leaves(descriptor.sources)
        else:
            yield descriptor


def rows_of(descriptor: PictureDescriptor, known: dict[PictureDescriptor, Any]) -> Any:
    if descriptor not in known and isinstance(descriptor, Derived):
        sources = [rows_of(source, known) for source in descriptor.sources]
        known[descriptor] = descriptor.derive(sources)
    return known[descriptor]
