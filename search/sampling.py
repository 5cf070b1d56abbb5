"""A sample of a collection's vectors, before which distances are judged. Reads only."""

from collections.abc import Sequence
from contextlib import suppress

from django.db.models import F

from catalog.descriptors import Descriptor
from catalog.models import Image
from catalog.vectors import Float32Array, VectorError
from catalog.vectorstore import vectors_of
from catalog.visibility import Scope

from .background import Background, background
from .engines.reading import last_change
from .recipes import Recipe
from .remembering import Memory

# 32 MB of fc6. Every collection up to this is its own sample.
MOST_ROWS = 2000
# Samples in each process: of the collections that are searched now.
memory = Memory(most=4)


def background_of(
    *, recipe: Recipe, query: Float32Array, scope: Scope, count: int
) -> Background | None:
    """Return a query's distances to a sample of the `count` pictures that are ranked.

    None where distances are not the plain ones, from the query (D,) to whole pictures.
    """
    descriptor = recipe.descriptor
    plain = not (recipe.is_fused or recipe.regions or recipe.expansion)
    if not plain or not isinstance(descriptor, Descriptor):
        return None
    # A sample of many changes little; one of all rows is to be what is ranked.
    moment = last_change(None)[0] if count <= MOST_ROWS else None
    key = descriptor.name, descriptor.model_id, scope.keys, moment
    rows = memory.recall(key, lambda: sampled_rows(descriptor, scope, count))
    return background(rows, query, count)


def sampled_rows(descriptor: Descriptor, scope: Scope, count: int) -> Float32Array:
    """Return the vectors (S, D) of every n-th image, by number, of about `MOST_ROWS`."""
    images = Image.objects.in_scope(scope)
    every = -(-count // MOST_ROWS)
    if every > 1:
        images = images.annotate(place=F("pk") % every).filter(place=0)
    numbers = list(images.order_by("pk").values_list("pk", flat=True)[: 2 * MOST_ROWS])
    return readable_rows(descriptor, numbers)[1]


def readable_rows(descriptor: Descriptor, images: Sequence[int]) -> tuple[list[int], Float32Array]:
    """Return those of the images that have a current vector, and the vectors (N, D)."""
    found, rows = [], []
    for _collection, image, data in vectors_of(descriptor.name).stream(
        descriptor.model_id, images=images
    ):
        with suppress(VectorError):  # damaged: it is not ranked either
            rows.append(descriptor.decode(data))
            found.append(image)
    return found, descriptor.gathered(rows)
