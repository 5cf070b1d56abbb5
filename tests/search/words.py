"""Local features and vocabularies that are made up, for tests of what is searched by words."""

import hashlib

import numpy as np

from catalog.descriptors.local.aggregated import STORED_CENTROIDS, get_aggregated
from catalog.descriptors.local.features import LocalFeatures
from catalog.descriptors.local.registry import get_local
from catalog.learned_models import Vocabulary
from catalog.models import Collection, Image, ImageVector

WORDS = 64


def some_features(seed: int, count: int = 40) -> LocalFeatures:
    """`count` features of a picture that nobody has seen."""
    random = np.random.default_rng(seed)
    descriptors = (random.gamma(0.6, 40, (count, 128))).clip(0, 255).astype(np.uint8)
    positions = random.uniform(0, 100, (count, 2)).astype(np.float32)
    ones = np.ones(count, np.float32)
    return LocalFeatures((100, 100), positions, 8 * ones, 0 * ones, descriptors)


def with_some_of(features: LocalFeatures, others: LocalFeatures, share: float) -> LocalFeatures:
    """The first `share` of some features, the rest replaced by those of another picture."""
    kept = round(share * len(features))
    descriptors = np.concatenate([features.descriptors[:kept], others.descriptors[kept:]])
    return LocalFeatures(
        features.size, features.positions, features.scales, features.angles, descriptors
    )


def add_vocabulary(words: int = WORDS, *, seed: int = 0, collection: str = "c"):
    """A vocabulary of features that were drawn, and what images are ranked by with it."""
    centroids = some_features(10_000 + seed, words).unit_descriptors()
    local = get_local()
    name = f"{local.name}+asmk{words}"
    Vocabulary.objects.filter(name=name).delete()
    Vocabulary.objects.create(
        name=name,
        source=local.name,
        source_model_id=local.model_id,
        learned_on=collection,
        images=1,
        digest=hashlib.sha256(centroids.tobytes()).hexdigest(),
        words=words,
        features=words,
        centroids=centroids.astype(STORED_CENTROIDS).tobytes(),
    )
    return get_aggregated(name)


def put(image: Image, data: bytes, *, descriptor, model_id: str | None = None) -> None:
    """Store what a descriptor made of an image's picture."""
    ImageVector.objects.update_or_create(
        image=image,
        descriptor=descriptor.name,
        defaults={"data": data, "model_id": model_id or descriptor.model_id},
    )


def put_features(image: Image, features: LocalFeatures) -> None:
    put(image, get_local().encode(features), descriptor=get_local())


def put_words(image: Image, features: LocalFeatures, *, descriptor, **options) -> None:
    data = descriptor.encode(descriptor.aggregated(features))
    put(image, data, descriptor=descriptor, **options)


def fill(collection: Collection, sets: dict[str, LocalFeatures], *, descriptor) -> list[Image]:
    """Images of these names, each with its features and their words."""
    from tests.helpers import add_image

    images = []
    for name, features in sets.items():
        image = add_image(collection, name)
        put_features(image, features)
        put_words(image, features, descriptor=descriptor)
        images.append(image)
    return images
