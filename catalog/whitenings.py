"""Whitenings learned from stored vectors, and kept as rows."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils.translation import gettext as _

from .declarations import LONGEST_NAME
from .descriptors import Descriptor, DescriptorError
from .descriptors.whitening import WhiteningError, learn_labelled, learn_pca
from .models import Collection, Image, Whitening
from .querysets import ImageQuerySet, in_parts
from .regions import regions_of
from .vectors import STORED_DTYPE, Float32Array
from .vectorstore import vectors_of

# Their vectors are in memory at once: 0.3 GB of fc6.
MOST_IMAGES = 20_000
MOST_WITH_REGIONS = 2_000

Pairs = npt.NDArray[np.int64]


def learn_whitening(
    *,
    descriptor: Descriptor,
    collection: Collection,
    images: ImageQuerySet,
    dim: int,
    pairs: Sequence[tuple[int, int]] = (),
    benchmark: str = "",
    regions: bool = False,
) -> Whitening:
    """Learn a whitening of `descriptor` to `dim` numbers from `images` of `collection`; keep it.

    With `pairs` of images that show the same thing, by the labels of `benchmark`, it is
    discriminative; else PCA, from at most `MOST_IMAGES` spread over the images. With `regions` it
    is learned from their kept regions, to be applied to each. The row replaces one of the same
    name. Raises `DescriptorError` saying what is missing.
    """
    step = f"lw{dim}" if pairs else f"rpca{dim}" if regions else f"pca{dim}"
    name = f"{descriptor.name}+{step}"
    if len(name) > LONGEST_NAME:
        raise DescriptorError(_("The name “%(name)s” is too long.") % {"name": name})
    wanted = sorted({pk for pair in pairs for pk in pair}) or spread(images, MOST_IMAGES)
    ids, rows = (read_regions if regions else read_rows)(wanted, descriptor)
    places = places_of(pairs, ids)
    try:
        learned = learn_labelled(rows, places, dim) if pairs else learn_pca(rows, dim)
    except WhiteningError as error:
        if pairs and error.possible < descriptor.dim:
            raise too_few_labelled(error.possible, descriptor, len(ids)) from error
        raise too_few(error.possible, dim, len(ids)) from error
    fields = {
        "source": descriptor.name,
        "source_model_id": descriptor.model_id,
        "dim": dim,
        "learned_on": collection.slug,
        "benchmark": benchmark,
        "images": len(ids),
        "digest": digest_of(ids, places, descriptor.model_id),
        "mean": learned.mean.astype(STORED_DTYPE).tobytes(),
        "matrix": learned.matrix.astype(STORED_DTYPE).tobytes(),
    }
    with transaction.atomic():
        # A new row, not a changed one: whoever holds the old one's numbers asks by its key.
        Whitening.objects.filter(name=name).delete()
        return Whitening.objects.create(name=name, **fields)


def spread(images: ImageQuerySet, most: int) -> list[int]:
    """Return at most `most` of the images, evenly spread over all."""
    ids = list(images.order_by("pk").values_list("pk", flat=True))
    return ids[:: -(-len(ids) // most) or 1]


def read_rows(wanted: Sequence[int], descriptor: Descriptor) -> tuple[list[int], Float32Array]:
    """Return those of the images that have a current vector, and the vectors (N, D)."""
    ids, rows = vectors_of(descriptor.name).matrix(
        wanted, model_id=descriptor.model_id, dim=descriptor.dim
    )
    if len(ids) < 2:
        raise DescriptorError(
            _(
                "%(number)d of these images have a current vector of “%(name)s”. Extract them "
                "first: manage.py extract_features --descriptor %(name)s"
            )
            % {"number": len(ids), "name": descriptor.name}
        )
    return ids, rows


def read_regions(wanted: Sequence[int], descriptor: Descriptor) -> tuple[list[int], Float32Array]:
    """Return those of the images whose regions are kept, and all of the regions (R, D).

    Of the images at most `MOST_WITH_REGIONS`, spread over all: each has some 20.
    """
    kept = regions_of(wanted[:: -(-len(wanted) // MOST_WITH_REGIONS) or 1], descriptor)
    if len(kept) < 2:
        raise DescriptorError(
            _(
                "%(number)d of these images have their regions of “%(name)s” kept. Keep them "
                "first: manage.py extract_features --descriptor %(name)s --regions"
            )
            % {"number": len(kept), "name": descriptor.name}
        )
    return list(kept), np.concatenate(list(kept.values()))


def places_of(pairs: Sequence[tuple[int, int]], ids: Sequence[int]) -> Pairs:
    """Return the pairs (2, P) as places among `ids`; those of which one is missing are left out."""
    place = {pk: number for number, pk in enumerate(ids)}
    there = [(place[a], place[b]) for a, b in pairs if a in place and b in place]
    return np.array(there, dtype=np.int64).reshape(-1, 2).T


def digest_of(ids: Sequence[int], places: Pairs, model_id: str) -> str:
    """Return the SHA-256 of which pictures it is learned from, and of the pairs."""
    text = f"{fingerprint_of(ids, model_id)}\n{places.tolist()}"
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(ids: Sequence[int], model_id: str) -> str:
    """Return the model id and the pictures' own SHA-256 in order, each on a line."""
    known: dict[int, str] = {}
    for part in in_parts(ids):
        known |= dict(Image.objects.filter(pk__in=part).values_list("pk", "sha256"))
    return "\n".join([model_id, *(known.get(pk, "") for pk in ids)])


def too_few(possible: int, wanted: int, images: int) -> DescriptorError:
    return DescriptorError(
        _(
            "The vectors of %(images)d images span %(possible)d directions, and %(wanted)d are "
            "needed. Learn from more images, or to fewer numbers with --dim."
        )
        % {"images": images, "possible": possible, "wanted": wanted}
    )


def too_few_labelled(possible: int, descriptor: Descriptor, images: int) -> DescriptorError:
    """Say that pairs must differ in as many directions as the vectors have numbers."""
    return DescriptorError(
        _(
            "The pairs of %(images)d labelled images differ in %(possible)d directions, and "
            "vectors of “%(name)s” have %(wanted)d numbers. Label more images, or whiten to at "
            "most %(possible)d numbers first: manage.py learn_whitening --descriptor %(name)s "
            "--collection NAME --dim %(possible)d"
        )
        % {
            "images": images,
            "possible": possible,
            "name": descriptor.name,
            "wanted": descriptor.dim,
        }
    )
