"""`manage.py backup`: database and files into a folder, while the server goes on."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.management.base import SisCommand
from catalog.management.interrupts import interrupted, stop_on_interrupt
from catalog.management.progress import Progress
from catalog.names import printable
from sis_project.backups.folder import BackupError
from sis_project.backups.making import BackupInterrupted, checked_folder, make_backup

MISSING_NAMED = 10


class Command(SisCommand):
    help = (
        "Back up the database and the pictures into a folder, while the server goes on. Run again "
        "with the same folder, it copies only what is new. Thumbnails and caches are left out: "
        "they are made anew. The secret key and the settings are yours to keep."
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
                made = make_backup(
                    root=checked_folder(options["folder"]),
                    on_file=progress.advance,
                    should_stop=stop.is_set,
                )
        except BackupError as error:
            raise CommandError(str(error)) from error
        except BackupInterrupted as error:
            raise interrupted() from error
        self.stdout.write(
            _("Backed up the database and %(count)d files (%(size)s), %(copied)d of them new.")
            % {
                "count": made.manifest.count,
                "size": filesizeformat(made.manifest.size),
                "copied": made.copied,
            }
        )
        if made.manifest.missing:
            for name in made.manifest.missing[:MISSING_NAMED]:
                self.stderr.write(printable(name))
            number = len(made.manifest.missing)
            text = ngettext(
                "%(number)d file that a row names is not in the storage: see check_files.",
                "%(number)d files that rows name are not in the storage: see check_files.",
                number,
            )
            raise CommandError(text % {"number": number})
