"""A benchmark by several recipes, one run after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from search.recipes import Recipe

from ..models import Benchmark, EvaluationRun
from .runner import EvaluationError, EvaluationInterrupted, choose_protocol, evaluate


@dataclass
class Batch:
    """`runs` are stored; `skipped`: recipe and, in words, why it could not be evaluated.

    `stopped` says that it was interrupted: the runs before stay.
    """

    runs: list[EvaluationRun] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False


def evaluate_recipes(
    *,
    benchmark: Benchmark,
    recipes: Sequence[Recipe],
    protocol: str | None = None,
    on_recipe: Callable[[Recipe], None] = lambda recipe: None,
    should_stop: Callable[[], bool] = lambda: False,
    **asked: Any,
) -> Batch:
    """Evaluate by each recipe; takes `evaluate`'s arguments. Each run is stored when it is done.

    A recipe that cannot be evaluated, because nothing has its vectors or its weights are not
    there, is skipped with the reason. Raises `EvaluationError` for an unknown protocol.
    """
    chosen = choose_protocol(benchmark=benchmark, name=protocol)
    batch = Batch()
    for recipe in recipes:
        if should_stop():
            batch.stopped = True
            break
        on_recipe(recipe)
        try:
            batch.runs.append(
                evaluate(
                    benchmark=benchmark,
                    protocol=chosen.name,
                    recipe=recipe,
                    should_stop=should_stop,
                    **asked,
                )
            )
        except EvaluationError as error:
            batch.skipped.append((recipe.name, str(error)))
        except EvaluationInterrupted:
            batch.stopped = True
            break
    return batch
