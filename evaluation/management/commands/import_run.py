"""`manage.py import_run`: measure a ranking that another system made."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.management.base import SisCommand
from evaluation.formats.names import NameCheck
from evaluation.formats.problems import InputError
from evaluation.management.reporting import as_json, as_table
from evaluation.measures.protocols import PROTOCOLS
from evaluation.messages import problems_in_words, unknown_in_run
from evaluation.models import Benchmark
from evaluation.querysets import UnknownBenchmark
from evaluation.runs.importing import import_run, read_run
from evaluation.runs.runner import EvaluationError


class Command(SisCommand):
    help = (
        "Import a run file in TREC format (topic Q0 name rank score tag; names of pictures as "
        "document ids, %%20 for a blank) and measure it like a run of this system."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--benchmark", required=True, metavar="NAME")
        parser.add_argument(
            "--protocol",
            choices=tuple(PROTOCOLS),
            help="default: standard, or medium for revisited ground truth",
        )
        parser.add_argument(
            "--exclude-self",
            action="store_true",
            help="ignore each query's own picture in its ranking",
        )
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            benchmark = Benchmark.objects.by_name(options["benchmark"])

            def report_names(names: NameCheck) -> None:
                if names.unknown:
                    self.stderr.write(unknown_in_run(names, benchmark, path.name))

            run = import_run(
                data=read_run(path),
                file=path.name,
                benchmark=benchmark,
                protocol=options["protocol"],
                exclude_self=options["exclude_self"],
                on_names=report_names,
            )
        except InputError as error:
            raise CommandError(
                _("Nothing was imported.") + "\n" + problems_in_words(error)
            ) from error
        except (UnknownBenchmark, EvaluationError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(as_json(run))
            return
        for line in as_table(run):
            self.stdout.write(line)
