"""From a query to hits with images. Reads only; `queries.py` stores queries."""

from dataclasses import dataclass, replace

from catalog.descriptors import Descriptor, DescriptorError, descriptor_names, get_descriptor
from catalog.feature_states import FeatureCounts
from catalog.models import Collection, Image
from catalog.vectors import Float32Array
from catalog.vectorstore import vectors_of

from .engines import Answer, Method, SearchEngine, get_engine


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: `rank` from 1, `distance` Euclidean in [0, 2]."""

    rank: int
    image: Image
    distance: float


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a ranking, numbered from 1.

    `ranked` is how many images the whole ranking has, `counts` how many were left out and why
    (None where none was), `method` how the engine made sure of the answer.
    """

    hits: list[Hit]
    page: int
    ranked: int
    descriptor: Descriptor
    counts: FeatureCounts | None
    method: Method = "scanned"


def searchable_descriptors() -> list[Descriptor]:
    """Return the declared descriptors by which something can be found now, in order."""
    found = []
    for name in descriptor_names():
        descriptor = get_descriptor(name)
        try:
            if vectors_of(name).has_current(descriptor.model_id):
                found.append(descriptor)
        except DescriptorError:
            continue  # its weights are gone: the pages that need it say so
    return found


def count_searchable(
    *,
    collection: Collection | None = None,
    engine: str = "default",
    descriptor: Descriptor | None = None,
) -> int:
    """Return how many images a search in `collection` (None: in all) ranks."""
    found = get_engine(engine, descriptor=descriptor)
    found.sync()
    return found.count(within=collection.pk if collection else None)


def find_similar(
    *,
    vector: Float32Array,
    collection: Collection | None = None,
    page: int = 1,
    page_size: int = 30,
    engine: str = "default",
    descriptor: Descriptor | None = None,
) -> Results:
    """Rank the images of `collection` (None: all) by distance from `vector` (D,).

    A page past the end gives the last one. Hits and `ranked` are of one moment.
    """
    descriptor = descriptor or get_descriptor()
    backend = get_engine(engine, descriptor=descriptor)
    backend.sync()
    within = collection.pk if collection else None
    page, answer = answer_page(backend, vector, page, page_size, within)
    offset = (page - 1) * page_size
    ids, distances = answer.ids[0, offset:].tolist(), answer.distances[0, offset:].tolist()
    images = Image.objects.select_related("collection").in_bulk(ids)
    places = enumerate(zip(ids, distances, strict=True), start=offset + 1)
    return Results(
        hits=[
            Hit(rank=rank, image=images[pk], distance=distance)
            for rank, (pk, distance) in places
            if pk in images  # a row deleted since the sync
        ],
        page=page,
        ranked=answer.count,
        descriptor=descriptor,
        counts=count_left_out(collection=collection, descriptor=descriptor, ranked=answer.count),
        method=answer.methods[0],
    )


def answer_page(
    backend: SearchEngine, vector: Float32Array, page: int, page_size: int, within: int | None
) -> tuple[int, Answer]:
    """Return the answer that ends with this page, or with the last one, and that page's number."""
    while True:
        answer = backend.answer(vector[None], page * page_size, within=within)
        last = max(1, -(-answer.count // page_size))
        if page <= last:
            return page, answer
        page = last


def count_left_out(
    *, collection: Collection | None, descriptor: Descriptor, ranked: int
) -> FeatureCounts | None:
    """Count the images that a ranking of `ranked` others lacks, by reason; None where none is."""
    images = Image.objects.in_collection(collection)
    model_id = descriptor.model_id
    if vectors_of(descriptor.name).all_current(images, model_id, ranked):
        return None
    return replace(images.feature_counts(descriptor.name, model_id), current=ranked)
