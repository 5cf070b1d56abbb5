"""`manage.py purge_queries`: forget old uploads."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils.translation import ngettext

from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from search.keeping import make_room, measure_pictures, purge_queries
from search.models import Query


class Command(SisCommand):
    help = (
        "Delete stored queries, with their pictures, that are older than a number of days, and "
        "the oldest of the rest until they fit into SIS_QUERY_QUOTA_BYTES."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=positive_int,
            default=settings.SIS_QUERY_DAYS,
            metavar="N",
            help="default: the setting SIS_QUERY_DAYS (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        number = purge_queries(queries=Query.objects.expired(options["days"]))
        self.stdout.write(
            ngettext("%(number)d query deleted.", "%(number)d queries deleted.", number)
            % {"number": number}
        )
        measure_pictures()
        if more := make_room():
            self.stdout.write(
                ngettext(
                    "%(number)d more query deleted: the quota was full.",
                    "%(number)d more queries deleted: the quota was full.",
                    more,
                )
                % {"number": more}
            )
