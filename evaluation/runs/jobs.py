"""Evaluations as jobs, which pages and the API start."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.visibility import hidden_from
from search.recipes import Recipe, RecipeError, get_recipe
from work.asking import ask_for
from work.kinds import Interrupted, JobFailed, Kind, Progress, add_kind, hiders
from work.models import Job

from ..models import Benchmark
from .query_vectors import OnProgress
from .runner import EvaluationError, EvaluationInterrupted, evaluate, new_run

NAME = "evaluation"


def run(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Evaluate; the outcome has the stored run's key. Raises `JobFailed` saying what is missing."""
    asked = dict(arguments)
    benchmark = benchmark_of(asked.pop("benchmark"))
    try:
        found = evaluate(
            benchmark=benchmark,
            recipe=get_recipe(asked.pop("recipe")),
            on_progress=noting(progress, _("Features of query pictures")),
            should_stop=progress.should_stop,
            **asked,
        )
    except (EvaluationError, RecipeError) as error:
        raise JobFailed(str(error)) from error
    except EvaluationInterrupted as error:
        raise Interrupted from error
    return {"run": found.pk}


def noting(progress: Progress, step: str) -> OnProgress:
    """Return what tells a job how many pictures are described, and that they are ranked then."""

    def note(done: int, total: int) -> None:
        if done < total:
            progress.note(done, total, step)
        else:
            progress.note(0, 0, _("Ranking and measuring"))

    return note


def benchmark_of(name: str) -> Benchmark:
    """Return the benchmark of a job's arguments; raises `JobFailed` where it is gone."""
    found = Benchmark.objects.select_related("collection").filter(name=name).first()
    if found is None:
        raise JobFailed(_("The benchmark was deleted meanwhile."))
    return found


def jobs_of_hidden_benchmarks(user: Any) -> Q | None:
    """Which jobs are about benchmarks of collections that are hidden from this user."""
    if not (hidden := hidden_from(user)):
        return None
    names = Benchmark.objects.filter(collection__in=hidden).values_list("name", flat=True)
    return Q(arguments__benchmark__in=list(names))


hiders.append(jobs_of_hidden_benchmarks)


def title(arguments: Mapping[str, Any]) -> str:
    return _("Evaluation of %(benchmark)s: %(recipe)s, %(protocol)s") % arguments


def address(arguments: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    return reverse("evaluation:run", args=[outcome["run"]])


EVALUATION = add_kind(Kind(name=NAME, title=title, run=run, address=address))


def ask_for_evaluation(
    *, benchmark: Benchmark, recipe: Recipe | None, user: Any, **asked: Any
) -> Job:
    """Return the job that does this evaluation: a new one, or the same one under way.

    Takes `new_run`'s other arguments and raises as it does: what cannot be done is said at once.
    """
    planned = new_run(benchmark=benchmark, recipe=recipe, **asked)
    arguments = {
        "benchmark": benchmark.name,
        "recipe": planned.recipe,
        "protocol": planned.protocol,
        "crop": planned.crop,
        "exclude_self": planned.exclude_self,
        "engine": planned.engine,
    }
    return ask_for(kind=NAME, arguments=arguments, user=user)
