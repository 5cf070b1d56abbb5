"""One topic's ranking and judgements as positions, and every figure about them. Pure, no Django.

Positions are places in a run's table of names (`tables.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import metrics
from .metrics import Judged
from .protocols import Protocol

IntArray = npt.NDArray[np.int64]

PRECISION_DEPTHS = (1, 5, 10, 30)
# The original showed and counted this many results.
LEGACY_DEPTH = 30


@dataclass(frozen=True, slots=True, eq=False)
class LabelledRanking:
    """A ranking with its topic's judgements.

    `ranking`: (N,) positions, best first. `judged`: label to (n,) positions, in file order, without
    duplicates. `own`: the query's own image where it must not count, otherwise None: it is then
    ignored, whatever its label.
    """

    ranking: IntArray
    judged: Mapping[str, IntArray]
    own: int | None = None

    def split(self, protocol: Protocol) -> tuple[IntArray, IntArray]:
        """Return (positives in file order, ignored); disjoint."""
        positives = self._labelled(protocol.positives)
        ignored = self._labelled(protocol.ignored)
        if self.own is not None:
            positives = positives[positives != self.own]
            ignored = np.union1d(ignored, [self.own])
        return positives, ignored

    def judge(self, protocol: Protocol) -> Judged:
        """Return the ranking as the metrics take it."""
        return metrics.judge(self.ranking, *self.split(protocol))

    def _labelled(self, labels: tuple[str, ...]) -> IntArray:
        parts = [self.judged[label] for label in labels]
        return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured of one topic; the figures are None where it has no positives.

    `positives`: R; `found`: how many of them the ranking holds; `ranked`: its length. `p1` to
    `p30` follow the protocol's own definition of precision at a depth. `ap_at_30`, `trec_ap`
    and `legacy` are there to be compared with `ap`; `legacy` does not ignore any images.
    """

    positives: int
    found: int
    ranked: int
    ap: float | None
    p1: float | None
    p5: float | None
    p10: float | None
    p30: float | None
    r_precision: float | None
    ndcg: float | None
    ap_at_30: float | None
    trec_ap: float | None
    legacy: float | None


def score(labelled: LabelledRanking, protocol: Protocol) -> tuple[Figures, Judged]:
    """Measure one topic; also returns the judged ranking, from which curves are drawn."""
    judged = labelled.judge(protocol)
    positives, _ignored = labelled.split(protocol)
    precision_at = (
        metrics.revisited_precision_at if protocol.caps_precision else metrics.precision_at
    )
    p1, p5, p10, p30 = (precision_at(judged, depth) for depth in PRECISION_DEPTHS)
    figures = Figures(
        positives=judged.n_positives,
        found=int(np.count_nonzero(judged.relevant)),
        ranked=int(labelled.ranking.size),
        ap=metrics.average_precision(judged),
        p1=p1,
        p5=p5,
        p10=p10,
        p30=p30,
        r_precision=metrics.r_precision(judged),
        ndcg=metrics.ndcg(judged),
        ap_at_30=metrics.average_precision_at(judged, LEGACY_DEPTH),
        trec_ap=metrics.trec_average_precision(judged),
        legacy=metrics.legacy_2021(positives.tolist(), labelled.ranking[:LEGACY_DEPTH].tolist()),
    )
    return figures, judged
