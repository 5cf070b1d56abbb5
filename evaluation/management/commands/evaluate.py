"""`manage.py evaluate`: rank a benchmark's topics and measure the rankings."""

from argparse import BooleanOptionalAction
from typing import Any, TextIO, cast

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.descriptors import DEFAULT, DescriptorError
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from evaluation.management.progress import lazy_progress
from evaluation.management.recipe_reporting import (
    literature_lines,
    recipes_as_json,
    recipes_as_table,
)
from evaluation.management.reporting import as_json, as_table
from evaluation.measures.protocols import PROTOCOLS
from evaluation.models import Benchmark, EvaluationRun
from evaluation.querysets import UnknownBenchmark
from evaluation.reports.recipe_table import Asked, table_of
from evaluation.runs.batches import Batch, evaluate_recipes
from evaluation.runs.recipes import named_recipes
from evaluation.runs.runner import (
    EvaluationError,
    EvaluationInterrupted,
    choose_protocol,
    evaluate,
)
from search.recipes import Recipe, RecipeError, get_recipe


class Command(SisCommand):
    help = (
        "Rank the whole collection for every topic of a benchmark, store the run, and print "
        "average precision per topic and their mean. With --recipes: by several ways to rank, "
        "side by side."
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
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument(
            "--descriptor", metavar="NAME", help="rank by this descriptor alone; default: fc6"
        )
        ways.add_argument("--recipe", metavar="NAME", help="rank in this way")
        ways.add_argument(
            "--recipes",
            metavar="NAMES",
            help="rank in several ways and compare them: “all”, or names with commas between",
        )
        parser.add_argument(
            "--baseline",
            metavar="NAME",
            help="with --recipes: compare with it; default: fc6, else the first",
        )
        parser.add_argument(
            "--literature",
            action="store_true",
            help="with --recipes: print what is reported for Oxford5k elsewhere beside it",
        )
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["recipes"] is None and (options["baseline"] or options["literature"]):
            raise CommandError(_("--baseline and --literature need --recipes."))
        try:
            benchmark = Benchmark.objects.by_name(options["benchmark"])
            if options["recipes"] is not None:
                self.compare(benchmark, options)
                return
            run = self.evaluate(benchmark, options)
        except (
            *(UnknownBenchmark, EvaluationError, DescriptorError),
            *(RecipeError, ImproperlyConfigured),
        ) as error:
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
                recipe=get_recipe(options["recipe"] or options["descriptor"] or DEFAULT),
                on_progress=on_progress,
                should_stop=stop.is_set,
                **question(options),
            )

    def compare(self, benchmark: Benchmark, options: dict[str, Any]) -> None:
        """Evaluate by several recipes and print them side by side."""
        recipes = named_recipes(options["recipes"])
        if options["baseline"]:
            get_recipe(options["baseline"])
        with (
            stop_on_interrupt() as stop,
            lazy_progress(cast(TextIO, self.stderr._out), options["verbosity"]) as on_progress,
        ):
            batch = evaluate_recipes(
                benchmark=benchmark,
                recipes=recipes,
                on_recipe=self.announce if options["verbosity"] else lambda recipe: None,
                on_progress=on_progress,
                should_stop=stop.is_set,
                **question(options),
            )
        self.show(benchmark, batch, options)

    def announce(self, recipe: Recipe) -> None:
        self.stderr.write(_("Ranking by %(name)s …") % {"name": recipe.name})

    def show(self, benchmark: Benchmark, batch: Batch, options: dict[str, Any]) -> None:
        asked = Asked(
            benchmark=benchmark,
            protocol=choose_protocol(benchmark=benchmark, name=options["protocol"]).name,
            crop=options["crop"],
            exclude_self=options["exclude_self"],
        )
        table = table_of(asked, batch.runs, baseline=options["baseline"])
        if options["json"]:
            self.stdout.write(
                recipes_as_json(table, batch.skipped, literature=options["literature"])
            )
        else:
            for line in recipes_as_table(table, batch.skipped):
                self.stdout.write(line)
            if options["literature"]:
                self.stdout.write("")
                for line in literature_lines(table):
                    self.stdout.write(line)
        if batch.stopped:
            raise CommandError(
                _("Interrupted: the runs above are stored. Run the command again for the others."),
                returncode=EXIT_INTERRUPTED,
            )
        if not batch.runs:
            raise CommandError(_("Nothing was evaluated."))


def question(options: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked of every recipe alike."""
    return {name: options[name] for name in ("protocol", "crop", "exclude_self", "engine")}
