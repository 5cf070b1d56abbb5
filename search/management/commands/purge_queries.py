"""`manage.py purge_queries`: forget old uploads."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils.translation import ngettext

from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from search.models import Query
from search.queries import purge_queries


class Command(SisCommand):
    help = "Delete stored queries, with their pictures, that are older than a number of days."

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
