"""Where a run's rankings and the ground truth disagree: what may be labelled wrongly, or not yet.

Nothing is changed here; labels are edited in the admin.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..measures.label_bounds import LabelBounds, mean_bounds
from ..measures.scoring import LabelledRanking
from ..models import EvaluationRun, TopicResult

DEPTH = 30
BOUNDS_AT = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An image's place for one topic: `rank` from 1 after removing the ignored, None where the
    ranking does not hold it; `inliers`: by how many points geometry proved it, 0 without."""

    result: TopicResult
    rank: int | None
    inliers: int = 0


@dataclass(frozen=True, slots=True)
class Suspect:
    """An image to look at beside a landmark's queries, with its places for each topic of it.

    `label` is empty where it is unlabelled.
    """

    name: str
    landmark: str
    label: str
    sightings: tuple[Sighting, ...]

    @property
    def inliers(self) -> int:
        """The most points by which it is proven to show what a query does."""
        return max(sighting.inliers for sighting in self.sightings)

    @property
    def best_rank(self) -> int | None:
        return min((s.rank for s in self.sightings if s.rank is not None), default=None)

    @property
    def worst_rank(self) -> int | None:
        """None where one of the rankings does not hold it: that is worse than any rank."""
        ranks = [sighting.rank for sighting in self.sightings if sighting.rank is not None]
        return max(ranks) if len(ranks) == len(self.sightings) else None


@dataclass(frozen=True, slots=True)
class Audit:
    """`unlabelled`: images without a label within the first `depth`: first those that geometry
    proved, the most points first, then by best rank, those seen for more topics of the landmark
    first among equals. `buried`: images with the protocol's
    best label below the first `depth` or their R, whichever is further down, worst first.
    `bounds`: what relabelling could do to the mean, for several m.
    """

    run: EvaluationRun
    depth: int
    unlabelled: Sequence[Suspect]
    buried: Sequence[Suspect]
    bounds: Sequence[LabelBounds]


def audit_run(
    *, run: EvaluationRun, depth: int = DEPTH, bounds_at: Iterable[int] = BOUNDS_AT
) -> Audit:
    """Look through a finished run's rankings."""
    results = list(run.results.evaluated().with_rankings())
    high: dict[tuple[str, str], list[Sighting]] = {}
    low: dict[tuple[str, str], list[Sighting]] = {}
    judged = []
    for result in results:
        result.run = run
        labelled = result.labelled_ranking()
        judged.append(labelled.judge(run.rules))
        ranks = kept_ranks(labelled, run)
        for place in unlabelled_high(labelled, ranks, depth):
            key = (result.landmark, run.names[place])
            inliers = result.proven.get(str(place), 0)
            high.setdefault(key, []).append(Sighting(result, ranks[place], inliers))
        limit = max(depth, result.positives)
        for place in labelled.judged[run.rules.positives[0]].tolist():
            rank = ranks.get(place)
            if place != labelled.own and (rank is None or rank > limit):
                key = (result.landmark, run.names[place])
                low.setdefault(key, []).append(Sighting(result, rank))
    best_label = run.rules.positives[0]
    bounds = [mean_bounds(judged, m) for m in bounds_at]
    return Audit(
        run=run,
        depth=depth,
        unlabelled=sorted(suspects(high, ""), key=unlabelled_order),
        buried=sorted(suspects(low, best_label), key=buried_order),
        bounds=[found for found in bounds if found is not None],
    )


def kept_ranks(labelled: LabelledRanking, run: EvaluationRun) -> dict[int, int]:
    """Return rank, from 1 after removing the ignored, by position in the run's names."""
    _positives, ignored = labelled.split(run.rules)
    kept = labelled.ranking[~np.isin(labelled.ranking, ignored)]
    return {place: rank for rank, place in enumerate(kept.tolist(), start=1)}


def unlabelled_high(labelled: LabelledRanking, ranks: dict[int, int], depth: int) -> list[int]:
    """Return the positions of unlabelled images with a rank up to `depth`, best first."""
    known = {place for places in labelled.judged.values() for place in places.tolist()}
    return [place for place, rank in ranks.items() if rank <= depth and place not in known]


def suspects(seen: dict[tuple[str, str], list[Sighting]], label: str) -> list[Suspect]:
    return [
        Suspect(name, landmark, label, tuple(sightings))
        for (landmark, name), sightings in seen.items()
    ]


def unlabelled_order(suspect: Suspect) -> tuple:
    return (-suspect.inliers, suspect.best_rank, -len(suspect.sightings))


def buried_order(suspect: Suspect) -> tuple:
    rank = suspect.worst_rank
    return (rank is not None, -(rank or 0), suspect.landmark, suspect.name)
