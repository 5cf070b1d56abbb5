"""What a question is searched with. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.descriptors import Description, Descriptor, PictureDescriptor
from catalog.descriptors.local.base import LocalDescriptor
from catalog.models import Image
from catalog.pixels import PictureError
from catalog.vectorstore import vectors_of

from ..mixing import Mixture
from ..models import Query
from ..queries import NotDescribed, described_image, descriptions_of
from ..recipes import Recipe
from ..verifying import stored_features
from .model import Example, Question
from .rocchio import NothingLeftError, fed_back, shares

# What one picture is described by, by descriptor.
Described = dict[str, Description]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a question is searched with, by the name of each of the recipe's plain `describers`.

    `lacking` is how many further pictures and marked images do not count: they are deleted, or
    lack what this recipe compares.
    """

    described: Mapping[str, Any]
    lacking: int


def described_question(
    *, question: Question, own: Query | Image, recipe: Recipe, user: Any
) -> Gathered:
    """Gather the descriptions of a composed question, and join them to one per descriptor.

    What the `user` who asks does not see is left out, as if it were gone.

    Raises `NotDescribed` where nothing is left to be similar to, or `own` is an image without
    features; `DescriptorError` and `PictureError` as `descriptions_of` does of `own`.
    """
    plain = recipe.plain
    examples = [
        describe(own, plain) if example == question.own else described_other(example, plain, user)
        for example in question.asked_with
    ]
    found = [described for described in examples if described is not None]
    lacking = len(examples) - len(found)
    likes, unlikes = (those_seen(question.marked(mark), user) for mark in ("like", "unlike"))
    joined = {}
    for describer in plain.describers:
        stored = descriptions_of_images(describer, [*likes, *unlikes])
        liked = [stored[image] for image in likes if image in stored]
        unliked = [stored[image] for image in unlikes if image in stored]
        lacking = max(lacking, len(examples) - len(found) + len(question.marks) - len(stored))
        own_ones = [described[describer.name] for described in found]
        joined[describer.name] = join(describer, own_ones, liked, unliked)
    return Gathered(joined, lacking)


def describe(own: Query | Image, recipe: Recipe) -> Described:
    if isinstance(own, Image):
        return described_image(image=own, recipe=recipe)
    return descriptions_of(query=own, descriptors=recipe.describers)


def described_other(example: Example, recipe: Recipe, user: Any) -> Described | None:
    """Return the descriptions of a further picture; None where it is gone or has none."""
    own: Query | Image | None
    if isinstance(example.key, UUID):
        own = Query.objects.visible_to(user).filter(pk=example.key).first()
    else:
        own = Image.objects.visible_to(user).filter(pk=example.key).first()
    if own is None:
        return None
    try:
        return describe(own, recipe)
    except (NotDescribed, PictureError):
        return None


def those_seen(images: Sequence[int], user: Any) -> list[int]:
    """Return those of these images that the user sees, in order."""
    seen = set(Image.objects.visible_to(user).filter(pk__in=images).values_list("pk", flat=True))
    return [image for image in images if image in seen]


def descriptions_of_images(
    describer: PictureDescriptor, images: Sequence[int]
) -> dict[int, Description]:
    """Return the current descriptions of those of these images that have one, by image."""
    if isinstance(describer, LocalDescriptor):
        kept = stored_features(images, describer, lambda: False)
        return {image: features for image, features in kept if features is not None}
    stored = vectors_of(describer.name).stream(describer.model_id, images=images)
    return {image: describer.decode(data) for _collection, image, data in stored}


def join(
    describer: PictureDescriptor,
    examples: list[Description],
    likes: list[Description],
    unlikes: list[Description],
) -> Description:
    """Return one description for all: vectors joined to one, local features as they are."""
    if not examples and not likes:
        raise NotDescribed(_("None of the pictures of this search can be searched with."))
    if isinstance(describer, Descriptor):
        try:
            return fed_back(*(describer.gathered(rows) for rows in (examples, likes, unlikes)))
        except NothingLeftError as error:
            raise NotDescribed(
                _("These pictures and marks cancel each other out. Take some of them back.")
            ) from error
    features = (*examples, *likes, *unlikes)
    return Mixture(features, tuple(shares(len(examples), len(likes), len(unlikes))))
