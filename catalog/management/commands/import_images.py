"""`manage.py import_images`: bring the pictures of a folder or a bucket into a collection."""

from contextlib import ExitStack
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.imports.importer import import_directory, import_storage
from catalog.imports.plan import ImportReport
from catalog.imports.sources import ImportRefused
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from catalog.management.progress import Progress


class Command(SisCommand):
    help = (
        "Import pictures (JPEG, PNG, WebP, GIF, BMP, TIFF) into a collection, which is made if it "
        "is new. The originals stay as they are. Run it again to bring in only what is new; a "
        "file whose content changed replaces its picture. On one disk the pictures are "
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
        """Say what came in, name what did not, and choose the exit status."""
        if options["verbosity"] > 0:
            for source, name in report.duplicates:
                self.stdout.write(
                    _("%(source)s: the same content as “%(name)s”, not stored twice.")
                    % {"source": source, "name": name}
                )
        for source, reason in report.skipped:
            self.stderr.write(f"{source}: {reason}")
        if options["verbosity"] > 0:
            self.stdout.write(self.summary(report, options))
        if report.stopped:
            raise CommandError(report.stopped)
        if report.interrupted:
            raise CommandError(
                _("Interrupted: run the command again to do the rest."),
                returncode=EXIT_INTERRUPTED,
            )
        if report.skipped:
            raise CommandError(
                _("Some files were not imported: they are listed above."), returncode=1
            )

    def summary(self, report: ImportReport, options: dict[str, Any]) -> str:
        if not report.total:
            return _("There are no files to import in “%(source)s”.") % {
                "source": options["source"] or options["from_storage"] or ""
            }
        return _(
            "%(added)d added, %(replaced)d replaced, %(unchanged)d unchanged, "
            "%(duplicates)d duplicates, %(skipped)d skipped."
        ) % {
            "added": report.added,
            "replaced": report.replaced,
            "unchanged": report.unchanged,
            "duplicates": len(report.duplicates),
            "skipped": len(report.skipped),
        }
