"""`manage.py restore`: what `backup` made, into an empty place."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.management.base import SisCommand
from catalog.management.interrupts import interrupted, stop_on_interrupt
from catalog.management.progress import Progress
from sis_project.backups.folder import BackupError
from sis_project.backups.restoring import RestoreInterrupted, restore_backup


class Command(SisCommand):
    help = (
        "Put back what “backup” made, where the database has no tables yet. Interrupted, it is run "
        "again and goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with (
                stop_on_interrupt() as stop,
                Progress(
                    unit=_("files"), stream=self.stderr, verbosity=options["verbosity"]
                ) as progress,
            ):
                restored = restore_backup(
                    root=options["folder"].resolve(),
                    on_file=progress.advance,
                    should_stop=stop.is_set,
                )
        except BackupError as error:
            raise CommandError(str(error)) from error
        except RestoreInterrupted as error:
            raise interrupted() from error
        self.stdout.write(
            _("Restored the backup of %(when)s: the database and %(count)d files.")
            % {"when": restored.manifest.created_at, "count": restored.manifest.count}
        )
        if restored.left_out:
            self.stdout.write(
                ngettext(
                    "%(number)d row was deleted while the backup was made, and is left out.",
                    "%(number)d rows were deleted while the backup was made, and are left out.",
                    restored.left_out,
                )
                % {"number": restored.left_out}
            )
