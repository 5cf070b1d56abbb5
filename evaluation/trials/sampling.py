"""A collection's own pictures, made worse: the queries of a trial, with what they must find."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage

from catalog.describing import query_part, stored_pixels
from catalog.models import Collection, Image
from catalog.pixels import PictureError

from ..measures.distortions import distorted

# More than any descriptor looks at; keeps a sample of huge pictures within memory.
LONGEST_SIDE = 1600


@dataclass(frozen=True, slots=True)
class Sampled:
    """A picture of the sample. `right`: the ids of the images with its very bytes, itself too."""

    image: Image
    number: int
    right: frozenset[int]


def sample(collection: Collection, *, number: int, seed: int) -> list[Sampled]:
    """Return `number` images drawn at random, all where there are fewer, by name.

    The same images give the same sample, in whatever order they were imported.
    """
    everything = list(collection.images.order_by("name").values_list("pk", flat=True))
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(everything))[:number]
    pks = [everything[place] for place in sorted(chosen.tolist())]
    images = collection.images.in_bulk(pks)
    right = same_bytes(collection, [image.sha256 for image in images.values()])
    drawn = [images[pk] for pk in pks if pk in images]
    return [
        Sampled(image, place, right.get(image.sha256, frozenset([image.pk])))
        for place, image in enumerate(drawn)
    ]


def same_bytes(collection: Collection, hashes: Sequence[str]) -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    rows = collection.images.filter(sha256__in=set(hashes)).order_by()
    for pk, sha256 in rows.values_list("pk", "sha256"):
        found.setdefault(sha256, set()).add(pk)
    return {sha256: frozenset(pks) for sha256, pks in found.items()}


def queries_of(sampled: Sampled, *, seed: int) -> Iterator[tuple[str, PillowImage.Image]]:
    """Yield (kind, picture) for what is made of one picture, one at a time; nothing is stored.

    A part that could not be searched with, because it is tiny or of one colour, is left out.
    Raises `PictureError` where the picture itself cannot be read.
    """
    file = sampled.image.file
    pixels = stored_pixels(file=str(file.name), storage=file.storage)
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    for kind, made in distorted(pixels, seed=seed, number=sampled.number):
        try:
            yield kind, query_part(pixels=made)
        except PictureError:
            continue
