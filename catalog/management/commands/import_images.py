"""`manage.py import_images`: bring the pictures of a folder or a bucket into a collection."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.imports.importer import import_directory, import_storage
from catalog.imports.pruning import prune
from catalog.imports.report import ImportReport
from catalog.imports.sources import ImportRefused
from catalog.management import telling
from catalog.management.asking import agrees
from catalog.management.base import SisCommand
from catalog.management.interrupts import interrupted, stop_on_interrupt
from catalog.management.progress import Progress


class Command(SisCommand):
    help = (
        "Import pictures (JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF) into a collection, which is "
        "made if it is new. The originals stay as they are. Run it again to bring the collection "
        "in step with the folder: what is new comes in, a file whose content changed replaces its "
        "picture, a renamed one keeps its features. On one disk the pictures are "
        "hard-linked, not copied: after editing an original in place, import again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", nargs="?", metavar="SOURCE", help="folder with the pictures, at any depth"
        )
        parser.add_argument(
            "--collection", required=True, metavar="SLUG", help="short name of the collection"
        )
        parser.add_argument(
            "--from-storage",
            metavar="PREFIX",
            help="instead of SOURCE: import what the configured storage holds below PREFIX, "
            "leaving it there; '' means everything but the system's own folders "
            "(images, queries, thumbnails)",
        )
        parser.add_argument(
            "--checksum",
            action="store_true",
            help="with --from-storage: read also the objects whose size and date are unchanged",
        )

        parser.add_argument(
            "--prune",
            action="store_true",
            help="afterwards remove from the collection the pictures whose files are gone, with "
            "their features, after saying which",
        )
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help="with --prune: remove without asking",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["source"] is None) == (options["from_storage"] is None):
            raise CommandError(
                _("Name a folder, or --from-storage with a prefix, but not both."),
                returncode=2,
            )
        try:
            report = self.run_import(options)
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        self.tell(report, options)

    def run_import(self, options: dict[str, Any]) -> ImportReport:
        with stop_on_interrupt() as stop, ExitStack() as stack:
            bars: list[Progress] = []

            def on_progress(done: int, total: int) -> None:
                if not bars:
                    bar = Progress(
                        total=total,
                        unit=_("images"),
                        stream=self.stderr,
                        verbosity=options["verbosity"],
                    )
                    bars.append(stack.enter_context(bar))
                bars[0].advance(done - bars[0].count)

            common = {
                "collection": options["collection"],
                "on_progress": on_progress,
                "should_stop": stop.is_set,
            }
            if options["source"] is not None:
                return import_directory(directory=options["source"], **common)
            return import_storage(
                prefix=options["from_storage"], checksum=options["checksum"], **common
            )

    def tell(self, report: ImportReport, options: dict[str, Any]) -> None:
        """Say what came in, name what did not, remove what is gone if asked to; set the status."""
        verbosity = options["verbosity"]
        shown = telling.LINES_SHOWN if verbosity < 2 else None
        source = options["source"] or options["from_storage"] or ""
        if verbosity > 0:
            self.say(telling.same_place(report, shown))
            self.say(telling.passed_over(report))
        for name, reason in report.skipped:
            self.stderr.write(f"{name}: {reason}")
        if verbosity > 0:
            self.stdout.write(telling.summary(report, source))
        if verbosity > 0 or options["prune"]:
            self.say(telling.gone(report, shown))
        if report.stopped:
            raise CommandError(report.stopped)
        if report.interrupted:
            raise interrupted()
        if report.gone:
            self.settle_gone(report, options)
        if report.skipped:
            raise CommandError(
                _("Some files were not imported: they are listed above."), returncode=1
            )

    def say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)

    def settle_gone(self, report: ImportReport, options: dict[str, Any]) -> None:
        """Remove the pictures whose files are gone, if that is wanted, safe, and agreed to."""
        if not options["prune"]:
            if options["verbosity"] > 0:
                stay = _("They stay; --prune removes them.")
                if report.obstacle:
                    stay = _("They stay: %(reason)s") % {"reason": report.obstacle}
                self.stdout.write(stay)
            return
        if report.obstacle:
            raise CommandError(_("Nothing was removed: %(reason)s") % {"reason": report.obstacle})
        number = len(report.gone)
        if options["interactive"]:
            question = ngettext(
                "Remove this picture, and its features, from the collection? [y/N] ",
                "Remove these %(number)d pictures, and their features, from the collection? [y/N] ",
                number,
            )
            answer = agrees(question % {"number": number})
            if answer is None:
                raise CommandError(
                    _("Nothing was removed. To remove without being asked, add --no-input.")
                )
            if not answer:
                raise CommandError(_("Nothing was removed."))
        elif report.hardly_any_left:
            raise CommandError(
                _(
                    "Nothing was removed: hardly any picture of the collection is left, which is "
                    "not done without asking. Leave out --no-input to be asked."
                )
            )
        removed = prune(report=report)
        if options["verbosity"] > 0:
            self.stdout.write(
                ngettext("%(number)d picture removed.", "%(number)d pictures removed.", removed)
                % {"number": removed}
            )
