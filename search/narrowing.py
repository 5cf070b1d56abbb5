"""A ranking of those images only that a user wants to see."""

from dataclasses import replace

import numpy as np

from catalog.querysets import ImageQuerySet

from .engines import Answer


def among(answer: Answer, images: ImageQuerySet) -> Answer:
    """Return the answer to one query, cut to these images; `count` is how many they are.

    The answer must be of everything: images that stood beyond its end could not come in.
    """
    wanted = np.fromiter(images.order_by().values_list("pk", flat=True).iterator(), np.int64)
    keep = np.isin(answer.ids[0], wanted)
    regions = None if answer.regions is None else answer.regions[:, keep]
    return replace(
        answer,
        ids=answer.ids[:, keep],
        scores=answer.scores[:, keep],
        regions=regions,
        count=int(np.count_nonzero(keep)),
    )
