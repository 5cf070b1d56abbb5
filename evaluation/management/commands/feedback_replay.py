"""`manage.py feedback_replay`: what would marking results be worth?"""

import json
from typing import Any, TextIO, cast

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from evaluation.management.progress import lazy_progress
from evaluation.models import Benchmark
from evaluation.querysets import UnknownBenchmark
from evaluation.replays.replaying import (
    MOST_ROUNDS,
    MOST_SHOWN,
    ROUNDS,
    SHOWN,
    ReplayInterrupted,
    Round,
    as_values,
    replay,
)
from evaluation.runs.runner import EvaluationError
from search.recipes import RecipeError, get_recipe


class Command(SisCommand):
    help = (
        "Replay feedback on a benchmark: the first results of every topic are marked by their "
        "labels, the query is asked again with the marks (Rocchio), and so on. Tells mAP before "
        "and after each round: of the whole collection, and of what was never shown."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("benchmark", help="its name")
        parser.add_argument("--recipe", default="fc6", help="way to rank; default: %(default)s")
        parser.add_argument("--protocol", help="default: the benchmark's own")
        parser.add_argument("--rounds", type=positive_int, default=ROUNDS, metavar="N")
        parser.add_argument(
            "--shown",
            type=positive_int,
            default=SHOWN,
            metavar="N",
            help="how many new results are marked in each round; default: %(default)s",
        )
        parser.add_argument("--whole", action="store_true", help="search with whole pictures")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rounds"] > MOST_ROUNDS or options["shown"] > MOST_SHOWN:
            text = _("At most %(rounds)d rounds of %(shown)d results can be replayed.")
            raise CommandError(text % {"rounds": MOST_ROUNDS, "shown": MOST_SHOWN})
        try:
            with (
                stop_on_interrupt() as interrupt,
                lazy_progress(cast(TextIO, self.stderr._out), options["verbosity"]) as on_progress,
            ):
                rounds = replay(
                    benchmark=Benchmark.objects.by_name(options["benchmark"]),
                    recipe=get_recipe(options["recipe"]),
                    protocol=options["protocol"],
                    rounds=options["rounds"],
                    shown=options["shown"],
                    crop=not options["whole"],
                    on_progress=on_progress,
                    should_stop=interrupt.is_set,
                )
        except (UnknownBenchmark, EvaluationError, RecipeError) as error:
            raise CommandError(str(error)) from error
        except ReplayInterrupted as error:
            raise CommandError(_("Interrupted."), returncode=EXIT_INTERRUPTED) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(as_values(rounds), indent=2))
        else:
            self.show(rounds)

    def show(self, rounds: list[Round]) -> None:
        heads = _("Round"), "mAP", _("mAP of what was not seen"), _("Matches"), _("No matches")
        self.stdout.write("  ".join(heads))
        for number, one in enumerate(rounds):
            figures = (
                f"{number:>{len(heads[0])}}",
                f"{in_figures(one.map):>6}",
                f"{in_figures(one.residual):>{len(heads[2])}}",
                f"{one.likes:>{len(heads[3])}.1f}",
                f"{one.unlikes:>{len(heads[4])}.1f}",
            )
            self.stdout.write("  ".join(figures))
        text = _("%(number)d topics have matches that were never shown.")
        self.stdout.write(text % {"number": rounds[0].topics})


def in_figures(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
