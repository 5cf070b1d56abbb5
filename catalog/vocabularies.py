"""Vocabularies of visual words learned from stored local features, and kept as rows."""

import hashlib
import logging
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils.translation import gettext as _

from .declarations import LONGEST_NAME
from .descriptors import DescriptorError
from .descriptors.local.aggregated import STORED_CENTROIDS, needs_faiss
from .descriptors.local.aggregation import MOST_WORDS
from .descriptors.local.base import LocalDescriptor
from .descriptors.local.features import DESCRIPTOR_DIM, LocalFeaturesError
from .descriptors.local.vocabulary import FaissMissing, check_faiss, learn
from .learned_models import Vocabulary
from .models import Collection
from .vectors import Float32Array
from .vectorstore import vectors_of
from .whitenings import fingerprint_of, spread

# The centre of fewer features than this says little of others: faiss warns below.
FEATURES_A_WORD = 39
LEAST_WORDS = 16
# Of at most this many images some features each: together 1.3 GB, and as many as 65,536 words take.
MOST_IMAGES = 5_000
MOST_FEATURES = FEATURES_A_WORD * MOST_WORDS

logger = logging.getLogger(__name__)

Rows = npt.NDArray[np.uint8]


def learn_vocabulary(
    *,
    local: LocalDescriptor,
    collection: Collection,
    words: int | None = None,
    on_progress: Callable[[int], None] = lambda iteration: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Vocabulary | None:
    """Learn `words` words from the local features of a collection's images; keep them.

    Without `words`, the largest power of two that leaves each `FEATURES_A_WORD`. The row replaces
    one of the same name. `on_progress` gets each iteration of k-means, from 1; None where
    `should_stop` said so, and nothing is kept. Raises `DescriptorError` saying what is missing.
    """
    try:
        check_faiss()
    except FaissMissing as error:
        raise needs_faiss() from error
    ids, rows = read_features(local, collection)
    number = words or most_words(len(rows))
    check_words(number, len(rows), local)
    unit = rows.astype(np.float32)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1)
    centroids = learn(unit, number, on_progress=on_progress, should_stop=should_stop)
    if centroids is None:
        return None
    return keep(local, collection, ids, len(rows), centroids)


def read_features(local: LocalDescriptor, collection: Collection) -> tuple[list[int], Rows]:
    """Return the images that were read, spread over all, and descriptors (N, 128) of theirs."""
    wanted = spread(collection.images.all(), MOST_IMAGES)
    own = MOST_FEATURES // max(1, len(wanted))
    ids: list[int] = []
    rows: list[Rows] = []
    random = np.random.default_rng(0)
    stored = vectors_of(local.name).stream(local.model_id, images=wanted)
    for _collection, image, data in stored:
        try:
            found = local.decode(data).descriptors
        except LocalFeaturesError as error:
            logger.warning("The local features of image %d are damaged: %s.", image, error)
            continue
        ids.append(image)
        rows.append(found if len(found) <= own else random.choice(found, own, replace=False))
    if not ids:
        raise DescriptorError(
            _(
                "No image of “%(collection)s” has current local features. Extract them first: "
                "manage.py extract_features --collection %(collection)s --descriptor %(name)s"
            )
            % {"collection": collection.slug, "name": local.name}
        )
    return ids, np.concatenate(rows)


def most_words(features: int) -> int:
    possible = max(LEAST_WORDS, features // FEATURES_A_WORD)
    return int(min(MOST_WORDS, 2 ** (possible.bit_length() - 1)))


def check_words(words: int, features: int, local: LocalDescriptor) -> None:
    if not LEAST_WORDS <= words <= MOST_WORDS:
        raise DescriptorError(
            _("%(words)d words are not from %(least)d to %(most)d.")
            % {"words": words, "least": LEAST_WORDS, "most": MOST_WORDS}
        )
    if words > features:
        raise DescriptorError(
            _(
                "%(words)d words cannot be learned from %(features)d local features. Learn fewer "
                "with --words, or from a larger collection."
            )
            % {"words": words, "features": features}
        )
    if len(name := name_of(local, words)) > LONGEST_NAME:
        raise DescriptorError(_("The name “%(name)s” is too long.") % {"name": name})


def keep(
    local: LocalDescriptor,
    collection: Collection,
    ids: Sequence[int],
    features: int,
    centroids: Float32Array,
) -> Vocabulary:
    stored = centroids.astype(STORED_CENTROIDS).reshape(-1, DESCRIPTOR_DIM).tobytes()
    digest = hashlib.sha256(fingerprint_of(ids, local.model_id).encode() + stored)
    fields = {
        "source": local.name,
        "source_model_id": local.model_id,
        "words": len(centroids),
        "learned_on": collection.slug,
        "images": len(ids),
        "features": features,
        "digest": digest.hexdigest(),
        "centroids": stored,
    }
    name = name_of(local, len(centroids))
    with transaction.atomic():
        # A new row, not a changed one: whoever holds the old one's words asks by its key.
        Vocabulary.objects.filter(name=name).delete()
        return Vocabulary.objects.create(name=name, **fields)


def name_of(local: LocalDescriptor, words: int) -> str:
    return f"{local.name}+asmk{words}"
