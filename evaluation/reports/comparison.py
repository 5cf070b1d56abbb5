"""Two runs side by side: differences per topic, and whether they are more than luck."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..measures.significance import Interval, SignFlipTest, bootstrap_interval, sign_flip_test
from ..models import EvaluationRun, TopicResult
from .provenance import Mismatch, check_comparable, subjects


class NothingToCompare(Exception):
    """Two runs have no topic in common that both evaluated."""


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """One topic of both runs; `difference` is the second's AP minus the first's."""

    first: TopicResult
    second: TopicResult
    first_ap: float
    second_ap: float

    @property
    def name(self) -> str:
        return self.first.name

    @property
    def landmark(self) -> str:
        return self.first.landmark

    @property
    def difference(self) -> float:
        return self.second_ap - self.first_ap


@dataclass(frozen=True, slots=True)
class Comparison:
    """`topics`: those that both runs have an AP for, in the benchmark's order; the means are over
    these alone. `left_out`: names of the topics that only one run has an AP for. `subjects`: how
    the systems differ. `test` and `interval` are of the second's mean minus the first's, over
    landmarks.
    """

    first: EvaluationRun
    second: EvaluationRun
    topics: Sequence[TopicDifference]
    left_out: Sequence[str]
    subjects: Sequence[Mismatch]
    first_mean: float
    second_mean: float
    test: SignFlipTest
    interval: Interval

    @property
    def difference(self) -> float:
        return self.second_mean - self.first_mean

    def most_moved(self, number: int = 10) -> list[TopicDifference]:
        """The topics with the largest differences either way, largest first."""
        moved = [topic for topic in self.topics if topic.difference]
        return sorted(moved, key=lambda topic: -abs(topic.difference))[:number]


def compare_runs(*, first: EvaluationRun, second: EvaluationRun) -> Comparison:
    """Compare two runs.

    Raises `NotComparable` naming the fields where their provenance does not allow it, and
    `NothingToCompare` where no topic has an AP in both.
    """
    check_comparable(first, second)
    ours = {result.name: result for result in first.results.counted()}
    theirs = {result.name: result for result in second.results.counted()}
    topics = [
        TopicDifference(one, other, one.ap, other.ap)
        for name, one in ours.items()
        if (other := theirs.get(name)) and one.ap is not None and other.ap is not None
    ]
    if not topics:
        raise NothingToCompare(_("The two runs have no evaluated topic in common."))
    differences = [topic.difference for topic in topics]
    groups = [topic.landmark for topic in topics]
    return Comparison(
        first=first,
        second=second,
        topics=topics,
        left_out=sorted(ours.keys() ^ theirs.keys()),
        subjects=subjects(first, second),
        first_mean=sum(topic.first_ap for topic in topics) / len(topics),
        second_mean=sum(topic.second_ap for topic in topics) / len(topics),
        test=sign_flip_test(differences, groups),
        interval=bootstrap_interval(differences, groups),
    )
