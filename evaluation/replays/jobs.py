"""Replays of feedback as jobs, which pages start."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from search.recipes import Recipe, RecipeError, get_recipe
from work.asking import ask_for
from work.kinds import Interrupted, JobFailed, Kind, Progress, add_kind
from work.models import Job

from ..models import Benchmark
from ..runs.jobs import benchmark_of
from ..runs.runner import EvaluationError
from .replaying import ReplayInterrupted, as_values, replay

NAME = "feedback replay"


def run(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Replay feedback; the outcome has what each round measured."""
    benchmark = benchmark_of(arguments["benchmark"])
    try:
        rounds = replay(
            benchmark=benchmark,
            recipe=get_recipe(arguments["recipe"]),
            protocol=arguments["protocol"],
            on_progress=lambda done, total: progress.note(done, total, _("query pictures")),
            on_round=lambda done, total: progress.note(done, total, _("rounds")),
            should_stop=progress.should_stop,
        )
    except (EvaluationError, RecipeError) as error:
        raise JobFailed(str(error)) from error
    except ReplayInterrupted as error:
        raise Interrupted from error
    return {"rounds": as_values(rounds)}


def title(arguments: Mapping[str, Any]) -> str:
    return _("Feedback replayed on %(benchmark)s: %(recipe)s") % arguments


def address(arguments: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    return f"{reverse('evaluation:feedback')}?{urlencode({'benchmark': arguments['benchmark']})}"


REPLAY = add_kind(Kind(name=NAME, title=title, run=run, address=address))


def ask_for_replay(*, benchmark: Benchmark, protocol: str, recipe: Recipe, user: Any) -> Job:
    """Return the job that replays feedback so; a new one, or the one under way."""
    arguments = {"benchmark": benchmark.name, "protocol": protocol, "recipe": recipe.name}
    return ask_for(kind=NAME, arguments=arguments, user=user)
