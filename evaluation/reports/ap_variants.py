"""One run's rankings under four figures that have all been called mean average precision."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..measures.metrics import mean_average_precision
from ..models import EvaluationRun, Source, TopicResult

# Fields of `TopicResult`, from the original's figure to the benchmark's.
EXHIBITS = ("legacy", "ap_at_30", "trec_ap", "ap")

# The original system's published figures, for the labels it knew.
PUBLISHED_2021 = {"good": 0.5703}


@dataclass(frozen=True, slots=True)
class Row:
    """One topic: `figures` in the order of `EXHIBITS`, `spread` the largest less the smallest."""

    result: TopicResult
    figures: tuple[float, ...]

    @property
    def spread(self) -> float:
        return max(self.figures) - min(self.figures)


@dataclass(frozen=True, slots=True)
class Museum:
    """`means`: each figure's mean over the topics, in the order of `EXHIBITS`.

    `faithful`: whether the query was the whole picture, and counted, as in the original, so that
    `legacy` is what it would have shown; `published`: what it did publish for this protocol, or
    None.
    """

    run: EvaluationRun
    rows: Sequence[Row]
    means: tuple[float | None, ...]
    faithful: bool
    published: float | None

    def most_disputed(self, number: int = 10) -> list[Row]:
        """The topics that the figures disagree about most, first the largest spread."""
        return sorted(self.rows, key=lambda row: -row.spread)[:number]


def visit(*, run: EvaluationRun) -> Museum:
    """Return a run's topics, in order, under every exhibit."""
    rows = [
        Row(result, tuple(getattr(result, name) for name in EXHIBITS))
        for result in run.results.counted()
    ]
    columns = zip(*(row.figures for row in rows), strict=True) if rows else [()] * len(EXHIBITS)
    return Museum(
        run=run,
        rows=rows,
        means=tuple(mean_average_precision(column) for column in columns),
        faithful=run.source == Source.SEARCH and run.crop is False and not run.exclude_self,
        published=PUBLISHED_2021.get(run.protocol),
    )
