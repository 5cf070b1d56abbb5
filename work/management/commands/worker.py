"""`manage.py worker`: do what pages ask for, until it is ended."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django_tasks import task_backends
from django_tasks_db.backend import DatabaseBackend

from work.worker import JobWorker


class Command(BaseCommand):
    help = (
        "Do the long work that pages ask for: uploads' features, evaluations, learning. Run one "
        "beside the web server, or several. Ctrl-C lets the current step finish; the next worker "
        "goes on with the rest."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-empty", action="store_true", help="end when nothing waits any more"
        )

        parser.add_argument(
            "--with-parent",
            action="store_true",
            help="end as well when the process that started it is gone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not isinstance(task_backends["default"], DatabaseBackend):
            raise CommandError(
                _("SIS_TASKS_BACKEND is %(backend)s, which needs no worker of this kind.")
                % {"backend": settings.TASKS["default"]["BACKEND"]}
            )
        worker = JobWorker(until_empty=options["until_empty"], with_parent=options["with_parent"])
        worker.configure_signals()
        if options["verbosity"]:
            self.stdout.write(_("Waiting for work. Ctrl-C ends."))
            self.stdout.flush()
        worker.run()
