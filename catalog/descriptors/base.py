"""The contract of a descriptor: from pixels to one vector, or to what else is compared."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils.functional import Promise
from PIL import Image

from ..vectors import STORED_DTYPE, Float32Array, decode, encode

# What `prepare` leaves of a picture. Opaque: only the `describe` of the same descriptor reads it.
Prepared = Any

# What one picture is described by: a `Descriptor`'s is a vector (D,) float32, a `LocalDescriptor`'s
# a `LocalFeatures`. Whoever knows which one it holds says so by its own type.
Description = Any


class DescriptorError(Exception):
    """A descriptor cannot work as configured; the message says what to do about it."""


class PictureDescriptor(ABC):
    """Turns upright RGB pictures into descriptions. Thread-safe; loads its weights at first use.

    `name` is the one that a setting declares it by, under which its descriptions are stored.
    `title` and `purpose` (one sentence: what it is good for) are shown where a user chooses, in
    the user's language, and `origin` (whose network and weights it is, under which licence) where
    it is told about. Arguments of `__init__` are the declaration's options; they must be values
    that JSON can hold.
    """

    name: str
    title: str | Promise = ""
    purpose: str | Promise = ""
    origin: str | Promise = ""

    @property
    def describes_images(self) -> bool:
        """Whether an image's description is that of its picture alone.

        False where it depends on the image's collection, too: `describe` is then for queries.
        """
        return True

    @property
    def asked_by(self) -> "PictureDescriptor":
        """What a query is described by, where images are compared by this: the same, mostly."""
        return self

    @property
    @abstractmethod
    def bytes_per_image(self) -> int:
        """What an image's description takes, at most."""

    @classmethod
    def options_from_settings(cls) -> dict[str, Any]:
        """Return options that other settings give where the declaration does not."""
        return {}

    @classmethod  # noqa: B027 (most descriptors need nothing)
    def check(cls, **options: Any) -> None:
        """Raise `ImproperlyConfigured` where something that the descriptor needs is missing.

        `options` are those of the declaration; a value that is none of theirs raises it, too.
        Loads nothing.
        """

    @property
    @abstractmethod
    def model_id(self) -> str:
        """Which numbers make the description: architecture, weights, precision.

        Known without loading the network. Raises `DescriptorError` where the weights that are
        configured do not exist.
        """

    @property
    @abstractmethod
    def trained(self) -> bool:
        """False where the weights are random, and a ranking says nothing about quality."""

    def prepare(self, image: Image.Image) -> Prepared:
        """Reduce a picture to what `describe` starts from, so that only that need be kept.

        `describe([prepare(image)])` equals `describe([image])`. Cheap enough for a decoding
        thread; never loads weights.
        """
        return image

    @abstractmethod
    def describe(self, images: Sequence[Prepared]) -> Any:
        """Return one description per picture: a list, or an array of rows.

        Raises `DescriptorError` where the weights cannot be loaded.
        """

    def describe_one(self, image: Prepared) -> Description:
        """Return the description of one picture, as `describe` of it alone would.

        Where several threads ask at once, a descriptor may describe their pictures together.
        """
        return self.describe([image])[0]

    def gathered(self, descriptions: Sequence[Description]) -> Any:
        """Return descriptions of single pictures as `describe` returns those of several."""
        return list(descriptions)

    @abstractmethod
    def is_usable(self, description: Description) -> bool:
        """Whether a picture can be compared by this; where not, it gave no features."""

    @abstractmethod
    def encode(self, description: Description) -> bytes:
        """Return the bytes that a database keeps."""

    @abstractmethod
    def decode(self, data: bytes | memoryview) -> Description:
        """Return what `encode` made bytes of.

        Raises `VectorError` or `LocalFeaturesError` where these are damaged.
        """


class Descriptor(PictureDescriptor):
    """Turns pictures into unit vectors; `dim` is their length."""

    dim: int

    @abstractmethod
    def describe(self, images: Sequence[Prepared]) -> Float32Array:
        """Return one row per picture: (N, dim) float32, each of L2 norm 1.

        A row whose norm came out as 0 or not finite is all NaN: callers refuse it.
        Raises `DescriptorError` where the weights cannot be loaded.
        """

    @property
    def bytes_per_image(self) -> int:
        return STORED_DTYPE.itemsize * self.dim

    def gathered(self, descriptions: Sequence[Float32Array]) -> Float32Array:
        return np.stack(descriptions) if descriptions else np.empty((0, self.dim), np.float32)

    def is_usable(self, description: Float32Array) -> bool:
        return bool(np.isfinite(description).all())

    def encode(self, description: Float32Array) -> bytes:
        return encode(description, self.dim)

    def decode(self, data: bytes | memoryview) -> Float32Array:
        return decode(data, self.dim)
