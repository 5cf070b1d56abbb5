"""What a recipe is: values alone."""

from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise

from catalog.descriptors import Descriptor, DescriptorError
from catalog.regions import HALF
from catalog.vectors import STORED_DTYPE

# `len(regions(12, 16))`: a step of the last layers is 32 pixels, and 512 the longer side.
REGIONS_OF_A_PICTURE = 21

Fusion = Literal["similarities", "reciprocal-ranks"]
ExpansionMethod = Literal["average", "alpha"]


class RecipeError(DescriptorError):
    """No recipe has this name, or it cannot work here; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One descriptor of a recipe, and how much it counts (above 0)."""

    descriptor: Descriptor
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Expansion:
    """Ask again with what the first `n` results have in common (see `search/expansion.py`)."""

    method: ExpansionMethod
    n: int
    alpha: float = 3.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named way to rank: by one descriptor or several, asked once or again.

    `title` and `purpose` are shown where a user chooses. With `regions` the parts of pictures that
    were kept are compared instead of whole pictures.
    """

    name: str
    title: str | Promise
    purpose: str | Promise
    parts: tuple[Part, ...]
    fusion: Fusion = "similarities"
    expansion: Expansion | None = None
    regions: bool = False

    @property
    def descriptor(self) -> Descriptor:
        """The first part's, which stands for the recipe where one vector has to."""
        return self.parts[0].descriptor

    @property
    def descriptors(self) -> list[Descriptor]:
        return [part.descriptor for part in self.parts]

    @property
    def is_fused(self) -> bool:
        return len(self.parts) > 1

    @property
    def model_ids(self) -> tuple[str, ...]:
        """Raises `DescriptorError` where the weights that are configured do not exist."""
        return tuple(part.descriptor.model_id for part in self.parts)

    @property
    def trained(self) -> bool:
        return all(part.descriptor.trained for part in self.parts)

    @property
    def bytes_per_image(self) -> int:
        """What an image's vectors take, of all parts; with regions, those of one of 4 : 3."""
        if self.regions:
            return REGIONS_OF_A_PICTURE * HALF.itemsize * self.descriptor.dim
        return sum(STORED_DTYPE.itemsize * part.descriptor.dim for part in self.parts)

    @property
    def origins(self) -> list[str]:
        """Whose networks and weights the parts use, each once, in the language of the moment."""
        return list(dict.fromkeys(str(d.origin) for d in self.descriptors if d.origin))

    def facts(self) -> dict[str, Any]:
        """Return all that a ranking depends on, as values that JSON can hold."""
        expansion = self.expansion
        return {
            "parts": [
                {
                    "descriptor": part.descriptor.name,
                    "model_id": part.descriptor.model_id,
                    "weight": part.weight,
                }
                for part in self.parts
            ],
            "fusion": self.fusion if self.is_fused else None,
            "expansion": expansion
            and {"method": expansion.method, "n": expansion.n, "alpha": expansion.alpha},
            "regions": self.regions,
        }
