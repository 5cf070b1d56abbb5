"""`manage.py import_sis`: pictures and vectors of the system before this one, as they are."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.imports.former_vectors import FormerVectorsRefused, Taken, take_vectors
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, interrupted, stop_on_interrupt
from catalog.management.progress import Progress
from catalog.models import Collection
from catalog.names import printable

NAMED = 10


class Command(SisCommand):
    help = (
        "Import what the former system kept: pictures (static/img) and their vectors "
        "(static/feature, NAME.npy), which need not be extracted again. Some are compared with "
        "vectors made anew, so that a folder in another order is noticed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pictures", type=Path, metavar="static/img")
        parser.add_argument("vectors", type=Path, metavar="static/feature")
        parser.add_argument("--collection", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = ""
        try:
            call_command(
                "import_images",
                str(options["pictures"]),
                collection=options["collection"],
                verbosity=options["verbosity"],
                stdout=self.stdout,
                stderr=self.stderr,
            )
        except CommandError as error:
            # Files that are no pictures keep nobody from the vectors of the others.
            if error.returncode == EXIT_INTERRUPTED:
                raise
            failed = str(error)
        collection = Collection.objects.filter(slug=options["collection"]).first()
        if collection is None or not collection.images.exists():
            raise CommandError(failed or _("No picture was imported."))
        taken = self.take(collection, options)
        self.tell(taken)
        if taken.interrupted:
            raise interrupted()
        if failed or taken.refused:
            raise CommandError(failed or _("Some vectors were not taken: they are listed above."))

    def take(self, collection: Collection, options: dict[str, Any]) -> Taken:
        try:
            with (
                stop_on_interrupt() as stop,
                Progress(
                    unit=_("vectors"), stream=self.stderr, verbosity=options["verbosity"]
                ) as progress,
            ):
                return take_vectors(
                    collection=collection,
                    folder=options["vectors"],
                    descriptor=get_descriptor(),
                    on_progress=lambda done, total: progress.advance(done - progress.count),
                    should_stop=stop.is_set,
                )
        except (FormerVectorsRefused, DescriptorError) as error:
            raise CommandError(str(error)) from error

    def tell(self, taken: Taken) -> None:
        for name, reason in taken.refused:
            self.stderr.write(f"{printable(name)}: {reason}")
        if taken.without:
            named = ", ".join(map(printable, taken.without[:NAMED]))
            text = ngettext(
                "%(number)d picture has no vector there: %(names)s%(more)s",
                "%(number)d pictures have no vector there: %(names)s%(more)s",
                len(taken.without),
            )
            more = " …" if len(taken.without) > NAMED else ""
            self.stdout.write(text % {"number": len(taken.without), "names": named, "more": more})
        self.stdout.write(
            _("%(taken)d vectors taken, %(had)d pictures had one already, %(refused)d refused.")
            % {"taken": taken.taken, "had": taken.had, "refused": len(taken.refused)}
        )
