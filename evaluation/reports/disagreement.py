"""Where two runs disagree: right answers that one finds among its first ten, the other does not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.models import Image

from ..measures.disagreement import FoundEarly, found_early
from ..models import EvaluationRun, TopicResult
from .topic_detail import searched_images

DEPTH = 10
# A page of pictures, not an archive: topics that differ most, and the best ranked of each.
MOST_TOPICS = 8
MOST_PICTURES = 6
# Rankings are read of as many topics as this; those whose figures are the same come last.
MOST_READ = 24


@dataclass(frozen=True, slots=True)
class Sighting:
    """A picture that one run has at `rank` (from 1) and the other not among its first."""

    name: str
    rank: int
    image: Image | None


@dataclass(frozen=True, slots=True)
class TopicDisagreement:
    """One topic: what only the first and only the second run finds, as far as it is shown.

    `first_more` and `second_more` count those that are not shown.
    """

    first: TopicResult
    second: TopicResult
    query: Image | None
    only_first: Sequence[Sighting]
    only_second: Sequence[Sighting]
    first_more: int
    second_more: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`topics` are shown; `left_out` is how many more were read and differ."""

    first: EvaluationRun
    second: EvaluationRun
    topics: Sequence[TopicDisagreement]
    left_out: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A topic of both runs, with (name, rank) of what only one of them finds early."""

    first: TopicResult
    second: TopicResult
    only_first: Sequence[tuple[str, int]]
    only_second: Sequence[tuple[str, int]]

    @property
    def number(self) -> int:
        return len(self.only_first) + len(self.only_second)


def disagreement(*, first: EvaluationRun, second: EvaluationRun) -> Disagreement:
    """Compare the first ten of two finished runs that answer the same question.

    Reads the rankings of at most `MOST_READ` topics, those whose precision at ten or average
    precision differ most.
    """
    names = most_moved(first, second)
    ours, theirs = with_rankings(first, names), with_rankings(second, names)
    pairs = [pair_of(ours[name], theirs[name]) for name in names if name in ours and name in theirs]
    differing = sorted((pair for pair in pairs if pair.number), key=lambda pair: -pair.number)
    shown = differing[:MOST_TOPICS]
    wanted = {pair.first.image_name for pair in shown}
    for pair in shown:
        for found in (pair.only_first, pair.only_second):
            wanted |= {name for name, _rank in found[:MOST_PICTURES]}
    images = searched_images(first).named(sorted(wanted))
    return Disagreement(
        first=first,
        second=second,
        topics=[pictured(pair, images) for pair in shown],
        left_out=len(differing) - len(shown),
    )


def most_moved(first: EvaluationRun, second: EvaluationRun) -> list[str]:
    """Return the topics that both have figures of, those that differ most first, bounded."""
    ours = {row.name: row for row in first.results.counted()}
    theirs = {row.name: row for row in second.results.counted()}

    def moved(name: str) -> tuple[float, float]:
        one, other = ours[name], theirs[name]
        return -abs((one.p10 or 0) - (other.p10 or 0)), -abs((one.ap or 0) - (other.ap or 0))

    return sorted((name for name in ours if name in theirs), key=moved)[:MOST_READ]


def with_rankings(run: EvaluationRun, names: Iterable[str]) -> dict[str, TopicResult]:
    rows = {row.name: row for row in run.results.with_rankings().filter(name__in=list(names))}
    for row in rows.values():
        row.run = run
    return rows


def pair_of(first: TopicResult, second: TopicResult) -> Pair:
    ours, theirs = early_names(first), early_names(second)
    return Pair(
        first,
        second,
        [(name, rank) for name, rank in ours.items() if name not in theirs],
        [(name, rank) for name, rank in theirs.items() if name not in ours],
    )


def early_names(result: TopicResult) -> dict[str, int]:
    """Return the right answers among the first ten by name, with their ranks, best first."""
    found: FoundEarly = found_early(result.labelled_ranking(), result.run.rules, DEPTH)
    names = result.run.names
    places = zip(found.positions.tolist(), found.ranks.tolist(), strict=True)
    return {names[position]: rank for position, rank in places}


def pictured(pair: Pair, images: Mapping[str, Image]) -> TopicDisagreement:
    def sightings(found: Sequence[tuple[str, int]]) -> list[Sighting]:
        return [Sighting(name, rank, images.get(name)) for name, rank in found[:MOST_PICTURES]]

    return TopicDisagreement(
        first=pair.first,
        second=pair.second,
        query=images.get(pair.first.image_name),
        only_first=sightings(pair.only_first),
        only_second=sightings(pair.only_second),
        first_more=max(0, len(pair.only_first) - MOST_PICTURES),
        second_more=max(0, len(pair.only_second) - MOST_PICTURES),
    )
