"""Whitened descriptors: `NAME+pca512`, vectors of `NAME` whitened as a row of the database says.

`NAME+rpca512` whitens each of a picture's regions before they are summed, as R-MAC was published.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from PIL import Image

from ..vectors import STORED_DTYPE, Float32Array, unit_rows
from .base import Descriptor, DescriptorError, Prepared
from .derived import DerivedDescriptor
from .learned import Learned, facts_of
from .pooled import PooledDescriptor
from .registry import get_descriptor
from .whitening import Whitening


class LearnedVectors(Learned, Descriptor):
    """What descriptors have in common that whiten."""

    model = "catalog.Whitening"

    def __init__(self, *, dim: int, **facts: Any) -> None:
        super().__init__(**facts)
        self.dim = dim
        self._whitening: Whitening | None = None

    @property
    def of(self) -> Descriptor:
        return get_descriptor(self.source)

    @property
    def learn_again(self) -> str:
        return f"manage.py learn_whitening --descriptor {self.source}"

    @property
    def purpose(self) -> str:  # type: ignore[override]
        text = _("%(purpose)s What all pictures have in common is taken out; shorter.")
        return text % {"purpose": self.of.purpose}

    @property
    def title(self) -> str:  # type: ignore[override]
        text = _("%(title)s, whitened to %(number)d numbers")
        return text % {"title": self.of.title, "number": self.dim}

    @property
    def whitening(self) -> Whitening:
        if self._whitening is None:
            if (row := self.row()) is None:
                raise unknown(self.name)
            mean = np.frombuffer(row.mean, STORED_DTYPE).astype(np.float32)
            matrix = np.frombuffer(row.matrix, STORED_DTYPE).astype(np.float32)
            self._whitening = Whitening(mean, matrix.reshape(self.dim, len(mean)))
        return self._whitening


class WhitenedDescriptor(LearnedVectors, DerivedDescriptor):
    """Whitens the vectors of its source."""

    @property
    def sources(self) -> tuple[Descriptor, ...]:  # type: ignore[override]  # may be learned anew
        return (self.of,)

    def derive(self, descriptions: Sequence[Float32Array]) -> Float32Array:
        return self.whitening.apply(descriptions[0])


class RegionWhitenedDescriptor(LearnedVectors):
    """Whitens each of a picture's regions to a unit vector, and sums these.

    Tolias, Sicre & Jégou, "Particular Object Retrieval with Integral Max-Pooling of CNN
    Activations", ICLR 2016, section 3.2.
    """

    @property
    def trained(self) -> bool:
        return self.of.trained

    @property
    def origin(self) -> str | Promise:  # type: ignore[override]  # a value instead of a constant
        return self.of.origin

    @property
    def pooled(self) -> PooledDescriptor:
        """The source; raises `DescriptorError` where it pools no regions any more."""
        source = self.of
        if isinstance(source, PooledDescriptor) and source.has_regions:
            return source
        raise unknown(self.name)

    def prepare(self, image: Image.Image) -> Image.Image:
        return self.pooled.prepare(image)

    def describe(self, images: Sequence[Prepared]) -> Float32Array:
        found = self.pooled.describe_regions(images)
        return self.of_regions([regions.rows for regions in found])

    def of_regions(self, regions: Sequence[Float32Array]) -> Float32Array:
        """Return the unit vectors (N, dim) of pictures with these regions, (R, D) each."""
        if not regions:
            return np.empty((0, self.dim), dtype=np.float32)
        white = self.whitening.apply(np.concatenate(regions))
        starts = np.cumsum([0, *(len(rows) for rows in regions[:-1])])
        return unit_rows(np.add.reduceat(white, starts, axis=0))


def find_whitened(name: str) -> Descriptor:
    """Return the whitened descriptor of this name, of the row that is there now.

    Raises `DescriptorError` saying how to learn one where there is none.
    """
    found = facts_of(LearnedVectors.model, name, "dim")
    if found is None:
        raise unknown(name)
    return _whitened(**found)


@lru_cache(maxsize=32)
def _whitened(**facts: Any) -> LearnedVectors:
    # By all facts: a whitening that was learned anew is another descriptor.
    step = facts["name"].rpartition("+")[2]
    return (
        RegionWhitenedDescriptor(**facts) if step.startswith("r") else WhitenedDescriptor(**facts)
    )


def unknown(name: str) -> DescriptorError:
    source = name.rpartition("+")[0]
    return DescriptorError(
        _(
            "There is no whitening “%(name)s”. Learn one from a collection's vectors: "
            "manage.py learn_whitening --descriptor %(source)s --collection NAME"
        )
        % {"name": name, "source": source}
    )
