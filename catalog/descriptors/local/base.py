"""The contract of a local descriptor: from pixels to a set of points, each with its own vector."""

from abc import abstractmethod
from collections.abc import Sequence

from ..base import PictureDescriptor, Prepared
from .features import BYTES_PER_FEATURE, LocalFeatures, decode, encode


class LocalDescriptor(PictureDescriptor):
    """Turns pictures into `LocalFeatures`. A picture may have none of them: that is no error.

    `features` is the most that a picture gets.
    """

    features: int

    @abstractmethod
    def describe(self, images: Sequence[Prepared]) -> list[LocalFeatures]:
        """Return each picture's local features, the strongest first."""

    @property
    def bytes_per_image(self) -> int:
        return BYTES_PER_FEATURE * self.features

    def is_usable(self, description: LocalFeatures) -> bool:
        return True

    def encode(self, description: LocalFeatures) -> bytes:
        return encode(description)

    def decode(self, data: bytes | memoryview) -> LocalFeatures:
        return decode(data)
