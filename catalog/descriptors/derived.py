"""Derived descriptors: vectors that follow from those of other descriptors, without a network."""

from abc import abstractmethod
from collections.abc import Sequence

from PIL import Image

from ..vectors import Float32Array
from .base import Descriptor


class DerivedDescriptor(Descriptor):
    """Its vectors are computed from those of its `sources`, in order."""

    sources: tuple[Descriptor, ...]

    @abstractmethod
    def derive(self, vectors: Sequence[Float32Array]) -> Float32Array:
        """Return rows (N, dim) of norm 1 from each source's rows (N, D) for the same pictures."""

    @property
    def trained(self) -> bool:
        return all(source.trained for source in self.sources)

    def describe(self, images: Sequence[Image.Image]) -> Float32Array:
        return self.derive([source.describe(images) for source in self.sources])
