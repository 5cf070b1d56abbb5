"""Augmented descriptors: `NAME+dba10`, database-side augmentation with the 10 nearest images."""

import re
from collections.abc import Sequence
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from ..vectors import Float32Array
from .base import Descriptor
from .derived import DerivedDescriptor
from .registry import get_descriptor

NAME = re.compile(r"(?P<source>.+)\+dba(?P<neighbours>[1-9]\d{0,2})")


class AugmentedDescriptor(DerivedDescriptor):
    """A picture's vector is its source's; an image's depends on its collection, too.

    So images are not described one by one: `catalog/deriving.py` makes all of a collection.
    """

    purpose = _("Each picture helped by those most like it: good where groups are large.")

    def __init__(self, *, source: str, neighbours: int) -> None:
        self.source, self.neighbours = source, neighbours
        self.name = f"{source}+dba{neighbours}"

    @property
    def sources(self) -> tuple[Descriptor, ...]:  # type: ignore[override]  # may be learned anew
        return (get_descriptor(self.source),)

    @property
    def title(self) -> str:  # type: ignore[override]
        text = _("%(title)s, averaged with %(number)d neighbours")
        return text % {"title": self.sources[0].title, "number": self.neighbours}

    @property
    def dim(self) -> int:  # type: ignore[override]
        return self.sources[0].dim

    @property
    def describes_images(self) -> bool:
        return False

    @property
    def model_id(self) -> str:
        return f"{self.sources[0].model_id}|dba{self.neighbours}"

    def derive(self, descriptions: Sequence[Float32Array]) -> Float32Array:
        return descriptions[0]


def find_augmented(name: str) -> Descriptor | None:
    """Return the augmented descriptor of this name; None where it is not one's name."""
    if (match := NAME.fullmatch(name)) is None:
        return None
    return _augmented(match["source"], int(match["neighbours"]))


@lru_cache(maxsize=32)
def _augmented(source: str, neighbours: int) -> AugmentedDescriptor:
    return AugmentedDescriptor(source=source, neighbours=neighbours)
