"""`manage.py export_features`: the vectors, for notebooks."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.exporting import export_features
from catalog.management.arguments import add_descriptor_argument
from catalog.management.base import SisCommand
from catalog.models import Collection, Image
from catalog.names import printable
from catalog.querysets import UnknownCollection
from catalog.trouble.reasons import reason


class Command(SisCommand):
    help = (
        "Write the current vectors to an .npz file: arrays `names` (N), `vectors` "
        "(N x D float32) and `model_id`; read it with numpy.load."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", metavar="OUT.npz", type=Path)
        parser.add_argument("--collection", metavar="SLUG", help="only this collection")
        add_descriptor_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        path, slug = options["out"], options["collection"]
        try:
            collection = Collection.objects.by_slug(slug) if slug else None
            number = export_features(
                images=Image.objects.in_collection(collection),
                descriptor=get_descriptor(options["descriptor"]),
                path=path,
            )
        except (DescriptorError, UnknownCollection) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                _("%(path)s cannot be written (%(reason)s).")
                % {"path": printable(str(path)), "reason": reason(error)}
            ) from error
        if not number:
            raise CommandError(
                _("There are no current features to export. Run extract_features first.")
            )
        self.stdout.write(
            ngettext(
                "%(number)d vector written to %(path)s.",
                "%(number)d vectors written to %(path)s.",
                number,
            )
            % {"number": number, "path": printable(str(path))}
        )
