"""The recipes that a benchmark was evaluated with, side by side: the newest run of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Max

from catalog.descriptors import DEFAULT

from ..formats.ground_truth import landmark_of
from ..measures.significance import (
    Interval,
    SignFlipTest,
    bootstrap_interval,
    mean_interval,
    sign_flip_test,
)
from ..models import Benchmark, EvaluationRun, Source, TopicResult
from .provenance import obstacles


@dataclass(frozen=True, slots=True)
class Asked:
    """Which question the recipes are compared on."""

    benchmark: Benchmark
    protocol: str
    crop: bool = True
    exclude_self: bool = False


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic of one run, as far as the table needs it."""

    ap: float
    p1: float
    p10: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A recipe's mean AP minus the baseline's, over the topics and landmarks both have."""

    topics: int
    test: SignFlipTest
    interval: Interval


@dataclass(frozen=True, slots=True)
class RecipeRow:
    """One recipe. `interval` is of the mean over topics, drawing landmarks; None where there are
    fewer than two. `difference` is None for the baseline and where `obstacles` (the fields in
    which the questions differ) or the lack of common topics forbid it."""

    run: EvaluationRun
    p1: float | None
    p10: float | None
    interval: Interval | None
    difference: Difference | None = None
    is_baseline: bool = False
    obstacles: Sequence[str] = ()

    @property
    def recipe(self) -> str:
        return self.run.recipe

    @property
    def milliseconds(self) -> float | None:
        seconds = self.run.seconds_per_query
        return None if seconds is None else seconds * 1000


@dataclass(frozen=True, slots=True)
class RecipeTable:
    """Rows, best mAP first. `baseline` is None without any run that has one."""

    asked: Asked
    rows: Sequence[RecipeRow]
    baseline: EvaluationRun | None

    @property
    def others(self) -> list[RecipeRow]:
        """Rows that can be compared with the baseline."""
        return [row for row in self.rows if row.difference is not None]

    @property
    def saw_collection(self) -> bool:
        return any(row.run.saw_collection for row in self.rows)

    @property
    def smallest_p(self) -> float | None:
        """The smallest p that these landmarks allow where all patterns were counted, else None."""
        tests = [row.difference.test for row in self.rows if row.difference]
        if not tests or not all(test.exact for test in tests):
            return None
        return 2 / min(test.patterns for test in tests)

    @property
    def landmarks(self) -> int:
        return max((row.interval.groups for row in self.rows if row.interval), default=0)


def newest_runs(asked: Asked) -> list[EvaluationRun]:
    """Return the newest finished run of each recipe, without rankings or tables of names."""
    runs = EvaluationRun.objects.filter(
        benchmark=asked.benchmark,
        source=Source.SEARCH,
        protocol=asked.protocol,
        crop=asked.crop,
        exclude_self=asked.exclude_self,
    )
    newest = runs.order_by().values("recipe").annotate(newest=Max("pk"))
    return list(runs.filter(pk__in=newest.values("newest")).order_by("pk"))


def topic_figures(runs: Sequence[EvaluationRun]) -> dict[int, dict[str, TopicFigures]]:
    """Return each run's topics in the mean by name, in one query."""
    found: dict[int, dict[str, TopicFigures]] = {run.pk: {} for run in runs}
    rows = TopicResult.objects.counted().filter(run__in=list(found)).order_by("run", "position")
    for run, name, ap, p1, p10 in rows.values_list("run", "name", "ap", "p1", "p10"):
        if ap is not None and p1 is not None and p10 is not None:
            found[run][name] = TopicFigures(ap, p1, p10)
    return found


def recipe_table(asked: Asked, *, baseline: str | None = None) -> RecipeTable:
    """Compare the newest runs of all recipes with that of `baseline`.

    Without a baseline, or where it has no run, that is the reference descriptor's run, and where
    there is none, the oldest.
    """
    return table_of(asked, newest_runs(asked), baseline=baseline)


def table_of(
    asked: Asked, runs: Sequence[EvaluationRun], *, baseline: str | None = None
) -> RecipeTable:
    """Compare these runs, one a recipe, as `recipe_table` does."""
    counted = [run for run in runs if run.mean_ap is not None]
    by_name = {run.recipe: run for run in counted}
    base = by_name.get(baseline or "") or by_name.get(DEFAULT) or next(iter(counted), None)
    figures = topic_figures(counted)
    rows = [row_of(run, base, figures) for run in counted if base is not None]
    rows.sort(key=lambda row: -(row.run.mean_ap or 0))
    return RecipeTable(asked, rows, base)


def row_of(
    run: EvaluationRun, base: EvaluationRun | None, figures: dict[int, dict[str, TopicFigures]]
) -> RecipeRow:
    topics = figures[run.pk]
    landmarks = [landmark_of(name) for name in topics]
    interval = None
    if len(set(landmarks)) > 1:
        interval = mean_interval([topic.ap for topic in topics.values()], landmarks)
    is_baseline = base is not None and base.pk == run.pk
    hindered: list[str] = []
    difference = None
    if base is not None and not is_baseline:
        hindered = [mismatch.title for mismatch in obstacles(base, run)]
        difference = None if hindered else difference_of(topics, figures[base.pk])
    return RecipeRow(
        run=run,
        p1=mean([topic.p1 for topic in topics.values()]),
        p10=mean([topic.p10 for topic in topics.values()]),
        interval=interval,
        difference=difference,
        is_baseline=is_baseline,
        obstacles=hindered,
    )


def difference_of(
    ours: dict[str, TopicFigures], theirs: dict[str, TopicFigures]
) -> Difference | None:
    common = [name for name in ours if name in theirs]
    if not common:
        return None
    differences = [ours[name].ap - theirs[name].ap for name in common]
    groups = [landmark_of(name) for name in common]
    return Difference(
        len(common), sign_flip_test(differences, groups), bootstrap_interval(differences, groups)
    )


def mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
