"""What the evaluation app holds: benchmarks, runs over them, and trials of recipes."""

from .benchmarks import Benchmark, Boxed, Judgement, Label, Topic, TopicVector
from .runs import EvaluationRun, Outcome, Source, TopicResult
from .trials import RecipeTrial

__all__ = [
    "Benchmark",
    "Boxed",
    "EvaluationRun",
    "Judgement",
    "Label",
    "Outcome",
    "RecipeTrial",
    "Source",
    "Topic",
    "TopicResult",
    "TopicVector",
]
