"""`manage.py learn_vocabulary`: learn visual words from a collection's stored local features."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.descriptors import DescriptorError
from catalog.descriptors.local.registry import DEFAULT_LOCAL, get_local
from catalog.descriptors.local.vocabulary import ITERATIONS
from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from catalog.management.progress import Progress
from catalog.models import Collection, Vocabulary
from catalog.querysets import UnknownCollection
from catalog.vocabularies import learn_vocabulary


class Command(SisCommand):
    help = (
        "Learn a vocabulary of visual words from the local features of a collection. What images "
        "are ranked by has a name of its own, such as rootsift+asmk16384."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--collection", required=True, metavar="SLUG")
        parser.add_argument(
            "--descriptor",
            default=DEFAULT_LOCAL,
            metavar="NAME",
            help="which local features; default: %(default)s",
        )
        parser.add_argument(
            "--words",
            type=positive_int,
            metavar="N",
            help="at most 65536; default: as many as the collection's features are enough for",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            learned = self.learn(options)
        except (DescriptorError, UnknownCollection) as error:
            raise CommandError(str(error)) from error
        if learned is None:
            raise CommandError(
                _("Interrupted: no vocabulary was learned."), returncode=EXIT_INTERRUPTED
            )
        self.stdout.write(
            _(
                "Learned %(words)d words from %(features)d local features of %(number)d images of "
                "“%(collection)s”."
            )
            % {
                "words": learned.words,
                "features": learned.features,
                "number": learned.images,
                "collection": learned.learned_on,
            }
        )
        self.stdout.write(
            _("Now give images their words: manage.py extract_features --descriptor %(name)s")
            % {"name": learned.name}
        )

    def learn(self, options: dict[str, Any]) -> Vocabulary | None:
        local = get_local(options["descriptor"])
        collection = Collection.objects.by_slug(options["collection"])
        with (
            stop_on_interrupt() as stop,
            Progress(
                total=ITERATIONS,
                unit=_("iterations"),
                stream=self.stderr,
                verbosity=options["verbosity"],
            ) as progress,
        ):
            return learn_vocabulary(
                local=local,
                collection=collection,
                words=options["words"],
                on_progress=lambda iteration: progress.advance(),
                should_stop=stop.is_set,
            )
