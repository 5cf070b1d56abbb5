"""`manage.py import_groundtruth`: topics and judgements from files into a benchmark."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.management.base import SisCommand
from catalog.names import printable
from evaluation.formats.oxford import BUNDLED_OXFORD5K, read_ground_truth
from evaluation.formats.problems import InputError
from evaluation.importing import BenchmarkRefused, NoneKnown, Plan, apply_import, plan_import
from evaluation.messages import (
    each_in_words,
    problems_in_words,
    unknown_in_labels,
    unknown_queries,
)
from evaluation.models import Benchmark, Judgement, Topic

BUNDLED_NAME = "oxford5k"
LINES_SHOWN = 40


class Command(SisCommand):
    help = (
        "Import ground truth: a folder or .tgz of Oxford-format files (X_query.txt, X_good.txt, "
        "X_ok.txt, X_junk.txt), or a .json or .pkl file with easy, hard and junk lists, such as "
        "gnd_roxford5k.pkl; a pickle is read without running it. Running the command again changes "
        "nothing; differences are shown before anything is replaced."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", nargs="?", metavar="PATH", help="default: the Oxford Buildings benchmark"
        )
        parser.add_argument(
            "--collection",
            required=True,
            metavar="SLUG",
            help="the collection whose pictures are labelled; created if it does not exist yet",
        )
        parser.add_argument(
            "--benchmark",
            metavar="NAME",
            help=f"default: {BUNDLED_NAME} without PATH, otherwise the collection's short name",
        )
        parser.add_argument(
            "--yes", action="store_true", help="replace what differs without asking"
        )
        parser.add_argument(
            "--allow-unknown-names",
            action="store_true",
            help="import labels none of which is a picture of the collection, which has others",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["path"]
        name = options["benchmark"] or (options["collection"] if path else BUNDLED_NAME)
        try:
            truth = read_ground_truth(Path(path) if path else BUNDLED_OXFORD5K)
            for warning in each_in_words(truth.warnings):
                self.stderr.write(warning)
            plan = plan_import(
                ground_truth=truth,
                benchmark=name,
                collection=options["collection"],
                allow_unknown=options["allow_unknown_names"],
            )
            self.report_unknown(plan)
            if plan.needs_confirmation:
                self.show_differences(plan)
                if not options["yes"]:
                    self.ask(plan)
            self.report(plan, apply_import(plan=plan))
        except InputError as error:
            raise CommandError(
                _("Nothing was imported.") + "\n" + problems_in_words(error)
            ) from error
        except NoneKnown as error:
            raise CommandError(
                _(
                    "Nothing was imported. %(why)s If its pictures are still to come, repeat with "
                    "--allow-unknown-names."
                )
                % {"why": error}
            ) from error
        except BenchmarkRefused as error:
            raise CommandError(str(error)) from error

    def report_unknown(self, plan: Plan) -> None:
        """Say first how many names the collection does not have."""
        if not plan.pictures:
            text = _(
                "Collection “%(slug)s” has no pictures yet, so the names cannot be checked: import "
                "its pictures with import_images."
            )
            self.stderr.write(text % {"slug": plan.collection})
            return
        if plan.labelled.unknown:
            self.stderr.write(unknown_in_labels(plan.labelled, plan.collection))
        if plan.queries.unknown:
            self.stderr.write(unknown_queries(plan.queries, plan.collection))

    def show_differences(self, plan: Plan) -> None:
        self.stdout.write(
            ngettext(
                "Benchmark “%(name)s” differs in %(number)d place:",
                "Benchmark “%(name)s” differs in %(number)d places:",
                len(plan.differences),
            )
            % {"name": plan.name, "number": len(plan.differences)}
        )
        for difference in plan.differences[:LINES_SHOWN]:
            self.stdout.write(f"  {printable(str(difference))}")
        rest = len(plan.differences) - LINES_SHOWN
        if rest > 0:
            more = ngettext("… and %(number)d more.", "… and %(number)d more.", rest)
            self.stdout.write("  " + more % {"number": rest})

    def ask(self, plan: Plan) -> None:
        """Go on only if a person at the terminal agrees."""
        if not sys.stdin.isatty():
            raise CommandError(_("Nothing was imported. To replace it, repeat with --yes."))
        answer = input(_("Replace it? Earlier runs keep their own labels. [y/N] "))
        if answer.strip().lower() not in ("y", "yes"):
            raise CommandError(_("Nothing was imported."))

    def report(self, plan: Plan, benchmark: Benchmark) -> None:
        judgements = Judgement.objects.filter(topic__benchmark=benchmark)
        said = {
            "name": benchmark.name,
            "topics": benchmark.topics.count(),
            "judgements": judgements.count(),
        }
        if plan.is_unchanged:
            text = _("Benchmark “%(name)s” is unchanged: %(topics)d topics, %(judgements)d labels.")
        elif plan.is_new:
            text = _("Benchmark “%(name)s” imported: %(topics)d topics, %(judgements)d labels.")
        else:
            text = _("Benchmark “%(name)s” replaced: %(topics)d topics, %(judgements)d labels.")
        self.stdout.write(text % said)
        self.report_missing(benchmark)

    def report_missing(self, benchmark: Benchmark) -> None:
        missing = len(Judgement.objects.filter(topic__benchmark=benchmark).missing_names())
        without = Topic.objects.absent().filter(benchmark=benchmark).count()
        if missing or without:
            self.stdout.write(
                _(
                    "Not in collection “%(slug)s” yet: %(missing)d of the labelled pictures, and "
                    "the query pictures of %(without)d topics."
                )
                % {
                    "slug": benchmark.collection.slug,
                    "missing": missing,
                    "without": without,
                }
            )
