"""Which images a ranking shows, where a user wants to see some of them only. Reads only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from catalog.models import Image
from catalog.visibility import Scope

from .answers import kept
from .engines import Answer

# Arguments of `ImageQuerySet.narrowed`; empty: all images.
Narrowed = Mapping[str, Any]


def depth_for(narrowed: Narrowed, scope: Scope, depth: int) -> int:
    """Return how deep to rank, so that `among` can be asked of the answer."""
    if not narrowed:
        return depth
    return max(depth, Image.objects.in_scope(scope).count())


def among(answer: Answer, narrowed: Narrowed, scope: Scope) -> Answer:
    """Return the answer to one query, which is of everything, cut to what is to be shown."""
    if not narrowed:
        return answer
    images = Image.objects.in_scope(scope).narrowed(**narrowed).order_by()
    numbers = images.values_list("pk", flat=True).iterator()
    return kept(answer, np.fromiter(numbers, np.int64))
