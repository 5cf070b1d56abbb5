"""One run's rankings under four figures that have all been called mean average precision."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..measures.metrics import mean_average_precision
from ..models import EvaluationRun, Source, TopicResult

# Fields of `TopicResult`, from the original's figure to the benchmark's.
VARIANTS = ("legacy", "ap_at_30", "trec_ap", "ap")

# The original system's published figures, for the labels it knew.
PUBLISHED_2021 = {"good": 0.5703}


@dataclass(frozen=True, slots=True)
class TopicVariants:
    """One topic: `figures` in the order of `VARIANTS`, `spread` the largest less the smallest."""

    result: TopicResult
    figures: tuple[float, ...]

    @property
    def spread(self) -> float:
        return max(self.figures) - min(self.figures)


@dataclass(frozen=True, slots=True)
class ApVariants:
    """`topics`: those in the mean; `means`: each figure's mean over them, in `VARIANTS`' order.

    `faithful`: whether the query was the whole image, and counted, as in the original, so that
    `legacy` is what it would have shown; `published`: what it did publish for this protocol, or
    None.
    """

    run: EvaluationRun
    topics: Sequence[TopicVariants]
    means: tuple[float | None, ...]
    faithful: bool
    published: float | None

    def by_spread(self) -> list[TopicVariants]:
        """The topics, those first on which the figures disagree most."""
        return sorted(self.topics, key=lambda topic: -topic.spread)


def ap_variants(*, run: EvaluationRun) -> ApVariants:
    """Return a run's topics, in order, under every variant."""
    topics = [
        TopicVariants(result, tuple(getattr(result, name) for name in VARIANTS))
        for result in run.results.counted()
    ]
    return ApVariants(
        run=run,
        topics=topics,
        means=tuple(
            mean_average_precision(topic.figures[index] for topic in topics)
            for index in range(len(VARIANTS))
        ),
        faithful=run.source == Source.SEARCH and run.crop is False and not run.exclude_self,
        published=PUBLISHED_2021.get(run.protocol),
    )
