"""`manage.py extract_features`: give every image its vector of a descriptor."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.descriptors import Descriptor, DescriptorError, get_descriptor
from catalog.descriptors.backbones.precision import PRECISIONS
from catalog.extraction import DEFAULT_BATCH_SIZE, ExtractionReport, extract_features, pending_ids
from catalog.management.arguments import add_descriptor_argument, positive_int
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from catalog.management.progress import Progress
from catalog.models import Collection, Image
from catalog.querysets import ImageQuerySet, UnknownCollection
from catalog.rereading import ids_of_earlier_readings, look_again


class Command(SisCommand):
    help = (
        "Extract the vector of every image that lacks a current one. "
        "Run it again to resume: only what is missing is done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--collection", metavar="SLUG", help="only this collection")
        add_descriptor_argument(parser)
        parser.add_argument(
            "--batch-size", type=positive_int, default=DEFAULT_BATCH_SIZE, metavar="N"
        )
        parser.add_argument("--limit", type=positive_int, metavar="N", help="at most N images")
        parser.add_argument("--force", action="store_true", help="redo current vectors too")
        parser.add_argument(
            "--retry-failed", action="store_true", help="try again what failed before"
        )
        parser.add_argument(
            "--weights",
            metavar="WEIGHTS",
            help="imagenet, untrained or a Keras VGG16 file; default: the setting SIS_WEIGHTS",
        )
        parser.add_argument(
            "--precision",
            choices=PRECISIONS,
            help="bfloat16 is twice as fast where the processor has it, and other vectors; "
            "default: the setting SIS_PRECISION",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            descriptor = get_descriptor(
                options["descriptor"], weights=options["weights"], precision=options["precision"]
            )
            slug = options["collection"]
            collection = Collection.objects.by_slug(slug) if slug else None
            images = Image.objects.in_collection(collection)
            if not options["dry_run"]:
                self.look_again(images, options["verbosity"])
            ids = pending_ids(
                images=images,
                descriptor=descriptor,
                limit=options["limit"],
                force=options["force"],
                retry_failed=options["retry_failed"],
            )
            if options["dry_run"]:
                self.announce(len(ids), descriptor)
            else:
                self.report(self.extract(ids, descriptor, options), descriptor)
        except (DescriptorError, UnknownCollection) as error:
            raise CommandError(str(error)) from error

    def look_again(self, images: ImageQuerySet, verbosity: int) -> None:
        """After an upgrade, find the pictures that have other pixels now."""
        if not (ids := ids_of_earlier_readings(images)):
            return
        with (
            stop_on_interrupt() as stop,
            Progress(
                total=len(ids),
                unit=_("pictures looked at again"),
                stream=self.stderr,
                verbosity=verbosity,
            ) as progress,
        ):
            number = look_again(ids=ids, on_progress=progress.advance, should_stop=stop.is_set)
        if number:
            self.stdout.write(
                ngettext(
                    "%(number)d picture is read otherwise than by an earlier release: its features "
                    "are outdated.",
                    "%(number)d pictures are read otherwise than by an earlier release: their "
                    "features are outdated.",
                    number,
                )
                % {"number": number}
            )

    def announce(self, number: int, descriptor: Descriptor) -> None:
        self.stdout.write(
            ngettext(
                "%(number)d image would be extracted with %(model_id)s.",
                "%(number)d images would be extracted with %(model_id)s.",
                number,
            )
            % {"number": number, "model_id": descriptor.model_id}
        )

    def extract(self, ids: list[int], descriptor: Descriptor, options: dict) -> ExtractionReport:
        with (
            stop_on_interrupt() as stop,
            Progress(
                total=len(ids),
                unit=_("images"),
                stream=self.stderr,
                verbosity=options["verbosity"],
            ) as progress,
        ):
            return extract_features(
                ids=ids,
                descriptor=descriptor,
                batch_size=options["batch_size"],
                force=options["force"],
                on_progress=progress.advance,
                should_stop=stop.is_set,
            )

    def report(self, report: ExtractionReport, descriptor: Descriptor) -> None:
        for name, reason in report.failed:
            self.stderr.write(f"{name}: {reason}")
        self.stdout.write(
            _(
                "%(extracted)d extracted, %(failed)d failed, "
                "%(elsewhere)d done by another process (%(id)s)."
            )
            % {
                "extracted": report.extracted,
                "failed": len(report.failed),
                "elsewhere": report.elsewhere,
                "id": descriptor.model_id,
            }
        )
        in_use = get_descriptor(descriptor.name).model_id
        if descriptor.model_id != in_use:
            self.stdout.write(
                _(
                    "Pages search with %(model_id)s: change the settings (SIS_WEIGHTS, "
                    "SIS_PRECISION, SIS_DESCRIPTORS) to use these vectors."
                )
                % {"model_id": in_use}
            )
        if report.stopped:
            raise CommandError(report.stopped)
        if report.interrupted:
            raise CommandError(
                _("Interrupted: run the command again to do the rest."),
                returncode=EXIT_INTERRUPTED,
            )
        if report.failed:
            raise CommandError(
                _("Some images failed; --retry-failed tries them again."), returncode=1
            )
