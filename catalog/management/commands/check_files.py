"""`manage.py check_files`: files that no row names, and rows whose files are gone."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from catalog.files.file_check import FileCheck, FileReport, Leftover, Wishes
from catalog.files.filesets import FileSet, Owner, file_sets
from catalog.management.arguments import whole_number
from catalog.management.base import SisCommand
from catalog.management.interrupts import interrupted, stop_on_interrupt
from catalog.management.progress import Progress
from catalog.names import printable
from catalog.trouble.reasons import of_storage, reason


class Command(SisCommand):
    help = (
        "List files that no row names (left by killed imports, full disks, failed deletions) and "
        "rows whose files are gone. Exit status 1 where something is found and not removed. Files "
        "that an import found in the storage are never touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="remove files that no row names")
        parser.add_argument(
            "--delete-rows",
            action="store_true",
            help="remove rows whose files are gone, images with their features; import the same "
            "source again instead, and the files come back",
        )
        parser.add_argument(
            "--min-age",
            type=whole_number,
            default=60,
            metavar="MINUTES",
            help="leave alone files that are younger, because they may be being written; 0 only "
            "while nothing else runs; default: %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wishes = Wishes(
            delete=options["delete"],
            delete_rows=options["delete_rows"],
            min_age=timedelta(minutes=options["min_age"]),
        )
        reports = []
        with stop_on_interrupt() as stop:
            for kind in file_sets:
                files = kind()
                report = self.look(files, wishes, stop.is_set, options["verbosity"])
                self.tell(files, report, options)
                reports.append(report)
                if report.interrupted:
                    raise interrupted()
        if any(report.unmended for report in reports):
            raise CommandError(self.advice(reports), returncode=1)

    def look(self, files: FileSet, wishes: Wishes, should_stop: Any, verbosity: int) -> FileReport:
        with Progress(unit=_("files"), stream=self.stderr, verbosity=verbosity) as progress:

            def on_finding(finding: Leftover | Owner) -> None:
                with progress.aside():
                    self.stdout.write(line_of(finding))

            check = FileCheck(
                files,
                wishes,
                on_finding=on_finding,
                on_progress=progress.advance,
                should_stop=should_stop,
            )
            try:
                return check.run()
            except Exception as error:
                if not of_storage(error):
                    raise
                text = _(
                    "%(kind)s: they cannot be looked through (%(reason)s). Check the folder "
                    "SIS_VAR_DIR, or SIS_STORAGE_BACKEND and SIS_STORAGE_OPTIONS."
                )
                raise CommandError(text % {"kind": files.title, "reason": reason(error)}) from error

    def tell(self, files: FileSet, report: FileReport, options: dict[str, Any]) -> None:
        """Say in figures what was found of one kind of files."""
        if report.refused:
            self.stderr.write(
                _(
                    "%(kind)s: no rows were deleted, because not a single file is there. Is the "
                    "disk mounted, and are SIS_VAR_DIR and SIS_STORAGE_OPTIONS right?"
                )
                % {"kind": files.title}
            )
        if report.lost and not report.rows_deleted and files.remedy:
            self.stderr.write(f"{files.title}: {files.remedy}")
        if options["verbosity"] > 0:
            text = _(
                "%(kind)s: files: %(files)d; without a row: %(leftovers)d (%(size)s), deleted: "
                "%(deleted)d; younger than %(age)d min: %(young)d; rows without their file: "
                "%(lost)d, deleted: %(rows)d"
            )
            if not (report.leftovers or report.young or report.lost):
                text = _("%(kind)s: files: %(files)d, all in order")
            self.stdout.write(text % figures(files, report, options["min_age"]))

    def advice(self, reports: list[FileReport]) -> str:
        parts = [_("Files and rows do not agree: see above.")]
        if any(report.leftovers > report.deleted for report in reports):
            parts.append(_("--delete removes the files that no row names."))
        if any(len(report.lost) > report.rows_deleted for report in reports):
            parts.append(_("--delete-rows removes the rows whose files are gone."))
        return " ".join(parts)


def figures(files: FileSet, report: FileReport, min_age: int) -> dict[str, Any]:
    return {
        "kind": files.title,
        "files": report.files,
        "leftovers": report.leftovers,
        "size": filesizeformat(report.bytes),
        "deleted": report.deleted,
        "age": min_age,
        "young": report.young,
        "lost": len(report.lost),
        "rows": report.rows_deleted,
    }


def line_of(finding: Leftover | Owner) -> str:
    """Say in one line what was found, and what became of it."""
    if isinstance(finding, Owner):
        text = _("%(title)s: its file %(name)s is gone.")
        return text % {"title": finding.title, "name": printable(finding.file)}
    text = _("%(name)s: no row names it (%(size)s).")
    if finding.deleted:
        text = _("%(name)s: deleted (%(size)s).")
    elif finding.problem:
        text = _("%(name)s: it cannot be deleted (%(reason)s).")
    return text % {
        "name": printable(finding.name),
        "size": filesizeformat(finding.size),
        "reason": finding.problem,
    }
