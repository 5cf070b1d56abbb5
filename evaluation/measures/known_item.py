"""How high the one right answer of each query stands: known-item search. Pure, no Django."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .significance import Interval, mean_interval, sign_flip_test

FloatArray = npt.NDArray[np.float64]
# Two recipes are told apart where chance alone gives such a difference less often than this.
SIGNIFICANT = 0.05


def reciprocal_rank(ranking: npt.ArrayLike, right: frozenset[int]) -> float:
    """1 / rank (from 1) of the first right id of a ranking (K,), 0 where it holds none.

    Source: Voorhees, "The TREC-8 Question Answering Track Report", 1999.
    """
    places = np.flatnonzero(np.isin(np.asarray(ranking), list(right)))
    return 1.0 / (int(places[0]) + 1) if places.size else 0.0


@dataclass(frozen=True, slots=True)
class KnownItem:
    """One recipe's figures. `mean`: mean reciprocal rank, with its interval over pictures;
    `first`: share of queries whose right answer stands first; `by_kind`: the same by kind."""

    mean: float
    interval: Interval
    first: float
    by_kind: Mapping[str, float]


def known_item(
    reciprocal: npt.ArrayLike, pictures: Sequence[Hashable], kinds: Sequence[str]
) -> KnownItem:
    """Measure one recipe: (Q,) reciprocal ranks, with the picture and the kind of each query.

    Queries made of one picture are not independent: the interval draws pictures. Raises
    ValueError for other shapes and for no queries.
    """
    values = np.asarray(reciprocal, dtype=np.float64)
    interval = mean_interval(values, pictures)
    found = values == 1.0
    by_kind = {
        kind: float(found[[place for place, other in enumerate(kinds) if other == kind]].mean())
        for kind in dict.fromkeys(kinds)
    }
    return KnownItem(interval.mean, interval, float(found.mean()), by_kind)


def chance_of(better: npt.ArrayLike, other: npt.ArrayLike, pictures: Sequence[Hashable]) -> float:
    """The p-value of "both are equally good", by sign flips over pictures, in (0, 1]."""
    differences = np.asarray(better, np.float64) - np.asarray(other, np.float64)
    return sign_flip_test(differences, pictures).p_value
