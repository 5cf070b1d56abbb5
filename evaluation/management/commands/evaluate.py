"""`manage.py evaluate`: rank a benchmark's topics and measure the rankings."""

from argparse import BooleanOptionalAction
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.management.arguments import add_descriptor_argument
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from catalog.management.progress import Progress
from evaluation.management.reporting import as_json, as_table
from evaluation.measures.protocols import PROTOCOLS
from evaluation.models import Benchmark, EvaluationRun
from evaluation.querysets import UnknownBenchmark
from evaluation.runs.runner import EvaluationError, EvaluationInterrupted, evaluate


class Command(SisCommand):
    help = (
        "Rank the whole collection for every topic of a benchmark, store the run, and print "
        "average precision per topic and their mean."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("benchmark", metavar="BENCHMARK")
        parser.add_argument(
            "--protocol",
            choices=tuple(PROTOCOLS),
            help="default: standard, or medium for revisited ground truth",
        )
        parser.add_argument(
            "--crop",
            action=BooleanOptionalAction,
            default=True,
            help="query with the topic's box, or with its whole picture",
        )
        parser.add_argument(
            "--exclude-self",
            action="store_true",
            help="ignore each query's own picture in its ranking",
        )
        parser.add_argument("--engine", default="default", metavar="ALIAS")
        add_descriptor_argument(parser)
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            benchmark = Benchmark.objects.by_name(options["benchmark"])
            run = self.evaluate(benchmark, options)
        except (UnknownBenchmark, EvaluationError, DescriptorError) as error:
            raise CommandError(str(error)) from error
        except EvaluationInterrupted as error:
            raise CommandError(
                _("Interrupted: only query vectors were stored. Run the command again."),
                returncode=EXIT_INTERRUPTED,
            ) from error
        if options["json"]:
            self.stdout.write(as_json(run))
            return
        for line in as_table(run):
            self.stdout.write(line)

    def evaluate(self, benchmark: Benchmark, options: dict[str, Any]) -> EvaluationRun:
        with (
            stop_on_interrupt() as stop,
            lazy_progress(cast(TextIO, self.stderr._out), options["verbosity"]) as on_progress,
        ):
            return evaluate(
                benchmark=benchmark,
                protocol=options["protocol"],
                crop=options["crop"],
                exclude_self=options["exclude_self"],
                engine=options["engine"],
                descriptor=get_descriptor(options["descriptor"]),
                on_progress=on_progress,
                should_stop=stop.is_set,
            )


@contextmanager
def lazy_progress(stream: TextIO, verbosity: int) -> Iterator[Callable[[int, int], None]]:
    """Give a callback (done, total) that shows progress once there is something to do."""
    shown: list[Progress] = []

    def on_progress(done: int, total: int) -> None:
        if not shown:
            unit = _("query pictures")
            shown.append(Progress(total=total, unit=unit, stream=stream, verbosity=verbosity))
        shown[0].advance(done - shown[0].count)

    try:
        yield on_progress
    finally:
        for progress in shown:
            progress.close()
