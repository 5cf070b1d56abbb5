"""Joined descriptors: the vectors of several, one after the other, each with a weight."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from ..vectors import Float32Array
from .base import Descriptor
from .derived import DerivedDescriptor
from .registry import get_descriptor, is_known


class JoinedDescriptor(DerivedDescriptor):
    """Similarity is the mean of the sources' similarities, weighted by the squares of `parts`.

    `parts` are weights above 0 by the names of descriptors, of which there are at least two.
    """

    purpose = _("Several ways to see a picture at once: steadier than each alone.")

    def __init__(self, *, parts: Mapping[str, float]) -> None:
        self.check(parts=parts)
        total = math.sqrt(sum(weight**2 for weight in parts.values()))
        self.weights = [weight / total for weight in parts.values()]
        self.parts = dict(parts)

    @classmethod
    def check(cls, **options: Any) -> None:
        parts = options.get("parts")
        if not isinstance(parts, Mapping) or len(parts) < 2:
            raise ImproperlyConfigured(
                f"The option parts is {parts!r}: give weights by the names of two descriptors "
                "and more."
            )
        for name, weight in parts.items():
            if not is_known(name):
                raise ImproperlyConfigured(f"The option parts has no descriptor: {name!r}.")
            if not isinstance(weight, int | float) or not 0 < weight < math.inf:
                raise ImproperlyConfigured(
                    f"The option parts has {weight!r} for {name!r}: give a number above 0."
                )

    @property
    def sources(self) -> tuple[Descriptor, ...]:  # type: ignore[override]  # may be learned anew
        return tuple(get_descriptor(name) for name in self.parts)

    @property
    def title(self) -> str:  # type: ignore[override]
        return " + ".join(str(source.title) for source in self.sources)

    @property
    def dim(self) -> int:  # type: ignore[override]
        return sum(source.dim for source in self.sources)

    @property
    def model_id(self) -> str:
        return "+".join(
            f"{weight:g}*{source.model_id}"
            for source, weight in zip(self.sources, self.parts.values(), strict=True)
        )

    def derive(self, descriptions: Sequence[Float32Array]) -> Float32Array:
        weighted = [
            rows * np.float32(w) for rows, w in zip(descriptions, self.weights, strict=True)
        ]
        return np.hstack(weighted)
