"""What a recipe is: values alone."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from django.utils.functional import Promise

from catalog.descriptors import Descriptor, DescriptorError, PictureDescriptor
from catalog.descriptors.local.base import LocalDescriptor
from catalog.regions import HALF

from ..geometry.rules import Rules

# `len(regions(12, 16))`: a step of the last layers is 32 pixels, and 512 the longer side.
REGIONS_OF_A_PICTURE = 21

# How many results are verified where nothing else is said.
FIRST = 200

Fusion = Literal["similarities", "reciprocal-ranks"]
ExpansionMethod = Literal["average", "alpha"]


class RecipeError(DescriptorError):
    """No recipe has this name, or it cannot work here; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What images are compared by, and how much it counts (above 0)."""

    descriptor: PictureDescriptor
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Expansion:
    """Ask again with what the first `n` results have in common (see `search/expansion.py`)."""

    method: ExpansionMethod
    n: int
    alpha: float = 3.0


@dataclass(frozen=True, slots=True)
class Geometry:
    """Verify the `first` results by the local features of `local`, and put what is proven first.

    With `expansion` the query then grows by what was proven, and everything is done once more.
    """

    local: LocalDescriptor
    first: int = FIRST
    expansion: bool = False
    rules: Rules = field(default_factory=Rules)

    def facts(self) -> dict[str, Any]:
        return {
            "features": self.local.name,
            "model_id": self.local.model_id,
            "first": self.first,
            "expansion": self.expansion,
            "rules": asdict(self.rules),
        }


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named way to rank: by one descriptor or several, asked once or again.

    `title` and `purpose` are shown where a user chooses. With `regions` the parts of pictures that
    were kept are compared instead of whole pictures; with `geometry` the first results are
    verified.
    """

    name: str
    title: str | Promise
    purpose: str | Promise
    parts: tuple[Part, ...]
    fusion: Fusion = "similarities"
    expansion: Expansion | None = None
    regions: bool = False
    geometry: Geometry | None = None

    @property
    def plain(self) -> "Recipe":
        """The recipe without its geometry: what can be shown at once."""
        return replace(self, geometry=None) if self.geometry else self

    @property
    def descriptor(self) -> PictureDescriptor:
        """The first part's, which stands for the recipe where one has to."""
        return self.parts[0].descriptor

    @property
    def descriptors(self) -> list[PictureDescriptor]:
        return [part.descriptor for part in self.parts]

    @property
    def vector_descriptors(self) -> list[Descriptor]:
        """Those of the descriptors that give vectors."""
        return [one for one in self.descriptors if isinstance(one, Descriptor)]

    @property
    def describers(self) -> list[PictureDescriptor]:
        """All that a query has to be described by, each once."""
        asked = [descriptor.asked_by for descriptor in self.descriptors]
        return list(dict.fromkeys([*asked, *self.local]))

    @property
    def image_descriptors(self) -> list[PictureDescriptor]:
        """All that images have to be described by."""
        return [*self.descriptors, *self.local]

    @property
    def local(self) -> list[LocalDescriptor]:
        """The local descriptor of the geometry, if there is one."""
        return [self.geometry.local] if self.geometry else []

    @property
    def is_fused(self) -> bool:
        return len(self.parts) > 1

    @property
    def model_ids(self) -> tuple[str, ...]:
        """Raises `DescriptorError` where the weights that are configured do not exist."""
        return tuple(descriptor.model_id for descriptor in self.image_descriptors)

    @property
    def trained(self) -> bool:
        return all(part.descriptor.trained for part in self.parts)

    @property
    def bytes_per_image(self) -> int:
        """What an image's descriptions take, of all parts; with regions, those of one of 4 : 3.

        With geometry, and as many local features as a picture may have.
        """
        local = sum(one.bytes_per_image for one in self.local)
        if self.regions:
            dim = self.vector_descriptors[0].dim
            return REGIONS_OF_A_PICTURE * HALF.itemsize * dim + local
        return sum(one.bytes_per_image for one in self.descriptors) + local

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
            # Left out where there is none: runs of former releases do not have it.
            **({"geometry": self.geometry.facts()} if self.geometry else {}),
        }
