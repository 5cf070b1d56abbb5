"""How far labels that are missing could move an average precision. Pure, no Django.

Of a topic's ranking, the m wrong answers that rank highest may have been overlooked by those who
labelled. Each could become right, be ignored, or stay wrong: 3^m cases. The extremes need no
search, because average precision grows when a wrong answer is taken out, when it is made right
after being taken out, and when a right one moves up:

- highest: all m are right;
- lowest: for some p <= m, the p that rank lowest of the m are right and the others stay wrong.
"""

from dataclasses import dataclass

import numpy as np

from .metrics import Judged, average_precision


@dataclass(frozen=True, slots=True)
class LabelBounds:
    """Average precision, or its mean, under relabelling of the `m` highest wrong answers.

    `low` and `high`: no case lies outside of them, and each is reached; `as_labelled`: none
    changes; `all_ignored`: all m are ignored; `high` is also the figure with all m right.
    """

    m: int
    low: float
    as_labelled: float
    all_ignored: float
    high: float


def topic_bounds(judged: Judged, m: int) -> LabelBounds | None:
    """Return a topic's exact bounds; None where it has no positives as labelled.

    Where the ranking holds fewer than `m` wrong answers all of them take part. Raises ValueError
    for m < 0. Every positive has level 1 here.
    """
    if m < 0:
        raise ValueError(f"m must be at least 0, got {m}")
    as_labelled = average_precision(judged)
    if as_labelled is None:
        return None
    wrong = np.flatnonzero(~judged.relevant & ~judged.ignored)[:m]
    lows = [changed(judged, right=wrong[wrong.size - p :]) for p in range(1, wrong.size + 1)]
    return LabelBounds(
        m=m,
        low=min([as_labelled, *lows]),
        as_labelled=as_labelled,
        all_ignored=changed(judged, ignored=wrong),
        high=changed(judged, right=wrong),
    )


def mean_bounds(topics: list[Judged], m: int) -> LabelBounds | None:
    """Return the bounds of the mean over the topics that have positives, None without such.

    Every topic's m images are taken to be relabelled on their own; topics that share judgements
    could only reach a part of that, so the bounds hold for them too.
    """
    known = [bounds for judged in topics if (bounds := topic_bounds(judged, m)) is not None]
    if not known:
        return None
    fields = ("low", "as_labelled", "all_ignored", "high")
    means = {name: float(np.mean([getattr(bounds, name) for bounds in known])) for name in fields}
    return LabelBounds(m=m, **means)


def changed(
    judged: Judged, *, right: np.ndarray | tuple = (), ignored: np.ndarray | tuple = ()
) -> float:
    """The average precision with these places of the ranking made right or ignored."""
    relevant, left_out = judged.relevant.copy(), judged.ignored.copy()
    relevant[list(right)] = True
    left_out[list(ignored)] = True
    positives = np.ones(judged.n_positives + len(right))
    value = average_precision(Judged(relevant, left_out, relevant.astype(np.float64), positives))
    assert value is not None  # noqa: S101 (there were positives before)
    return value
