"""What the evaluation app holds: benchmarks, and runs over them."""

from .benchmarks import Benchmark, Boxed, Judgement, Label, Topic, TopicVector
from .runs import EvaluationRun, Outcome, Source, Status, TopicResult

__all__ = [
    "Benchmark",
    "Boxed",
    "EvaluationRun",
    "Judgement",
    "Label",
    "Outcome",
    "Source",
    "Status",
    "Topic",
    "TopicResult",
    "TopicVector",
]
