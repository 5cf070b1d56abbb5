"""What is known of an image's features, by every descriptor."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from .descriptors import (
    DEFAULT,
    Descriptor,
    DescriptorError,
    PictureDescriptor,
    descriptor_names,
    get_any,
)
from .feature_states import FeatureFacts, FeatureState
from .models import Image
from .vectorstore import vectors_of


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """One image's features by one descriptor."""

    descriptor: PictureDescriptor
    facts: FeatureFacts

    @property
    def are_current(self) -> bool:
        return self.facts.state == FeatureState.CURRENT


def searched_with(features: Sequence[ImageFeatures]) -> list[Descriptor]:
    """Return the descriptors by which the image can be searched with, and found.

    Not local ones, which only verify what others find.
    """
    return [
        item.descriptor
        for item in features
        if item.are_current and isinstance(item.descriptor, Descriptor)
    ]


def current_model_id(descriptor: str) -> str | None:
    """Return the model id that pages search with; None where the weights are not there."""
    try:
        return get_any(descriptor).model_id
    except DescriptorError:
        return None


def features_of(image: Image) -> list[ImageFeatures]:
    """Return the image's features by the default descriptor, then by those that it has any of.

    Raises `Image.DoesNotExist` where the image was deleted meanwhile.
    """
    kept = image.vectors.order_by("descriptor").values_list("descriptor", flat=True)
    found = []
    for name in dict.fromkeys((DEFAULT, *descriptor_names(), *kept)):
        facts = vectors_of(name).facts(image.pk, current_model_id(name))
        if facts is None:
            raise Image.DoesNotExist
        if name == DEFAULT or facts.state != FeatureState.MISSING:
            with suppress(DescriptorError):  # of a descriptor that is gone
                found.append(ImageFeatures(get_any(name), facts))
    return found
