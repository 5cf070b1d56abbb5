"""`manage.py extract_features`: give every image its vector of a descriptor."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.claims import cut_into_claims
from catalog.descriptors import DEFAULT, DescriptorError, PictureDescriptor, get_any
from catalog.descriptors.augmented import AugmentedDescriptor
from catalog.descriptors.backbones.precision import PRECISIONS
from catalog.extraction import (
    DEFAULT_BATCH_SIZE,
    ExtractionReport,
    pending_ids,
    refuse_to_describe,
)
from catalog.feature_states import FeatureState
from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from catalog.management.extracting import Wanted, extract, passes
from catalog.management.interrupts import interrupted, stop_on_interrupt
from catalog.management.progress import Progress
from catalog.models import Claim, Collection, Image
from catalog.querysets import ImageQuerySet, UnknownCollection
from catalog.regions import with_regions, without_regions
from catalog.rereading import ids_of_earlier_readings, look_again
from catalog.shared_jobs import ask_for_share


class Command(SisCommand):
    help = (
        "Extract the vector of every image that lacks a current one. "
        "Run it again to resume: only what is missing is done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--collection", metavar="SLUG", help="only this collection")
        parser.add_argument(
            "--descriptor",
            action="append",
            metavar="NAME",
            help="such as fc6, lite0, rmac-lite0 or rootsift (local features), or one that the "
            "setting SIS_DESCRIPTORS or SIS_LOCAL_DESCRIPTORS declares; may be given several "
            "times, and those of one network then share its work; "
            f"default: {DEFAULT}",
        )
        parser.add_argument(
            "--regions",
            action="store_true",
            help="keep the parts of pictures that the descriptor pools, to search them, too",
        )
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
        parser.add_argument(
            "--enqueue",
            action="store_true",
            help="let workers do it, on any number of machines: see “manage.py worker”",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            slug = options["collection"]
            collection = Collection.objects.by_slug(slug) if slug else None
            images = Image.objects.in_collection(collection)
            if not options["dry_run"]:
                self.look_again(images, options["verbosity"])
            wanted = Wanted(options["batch_size"], options["force"], options["regions"], collection)
            if options["enqueue"]:
                self.enqueue(images, options)
                return
            failed = False
            for descriptors in passes(self.descriptors(options)):
                failed |= self.one_pass(images, descriptors, wanted, options)
        except (DescriptorError, UnknownCollection) as error:
            raise CommandError(str(error)) from error
        if failed:
            raise CommandError(
                _("Some images failed; --retry-failed tries them again."), returncode=1
            )

    def enqueue(self, images: ImageQuerySet, options: dict[str, Any]) -> None:
        """Cut what is missing into claims, and ask for the first worker's share of each."""
        for name in ("force", "regions", "weights", "precision", "dry_run"):
            if options[name]:
                raise CommandError(
                    _("--enqueue does not go with --%(name)s.") % {"name": name.replace("_", "-")}
                )
        for descriptor in self.descriptors(options):
            ids = self.pending(images, [descriptor], options)
            refuse_to_describe(descriptor, len(ids))
            cut_into_claims(ids=ids, descriptor=descriptor, batch_size=options["batch_size"])
            # Also for those that are left of an extraction that was cancelled, or stopped.
            if Claim.objects.of(descriptor).exists():
                ask_for_share(descriptor.name)
            text = ngettext(
                "%(number)d image waits for workers (%(id)s): the Work page shows how far they "
                "are.",
                "%(number)d images wait for workers (%(id)s): the Work page shows how far they "
                "are.",
                len(ids),
            )
            self.stdout.write(text % {"number": len(ids), "id": descriptor.model_id})

    def descriptors(self, options: dict[str, Any]) -> list[PictureDescriptor]:
        given = options["descriptor"] or [DEFAULT]
        names = [given] if isinstance(given, str) else list(dict.fromkeys(given))
        found = [
            get_any(name, weights=options["weights"], precision=options["precision"])
            for name in names
        ]
        if options["regions"]:
            for descriptor in found:
                with_regions(descriptor)
        return found

    def one_pass(
        self,
        images: ImageQuerySet,
        descriptors: list[PictureDescriptor],
        wanted: Wanted,
        options: dict[str, Any],
    ) -> bool:
        """Do what is missing of these descriptors; tells whether images failed."""
        failed = False
        # Regions are kept of one descriptor at a time.
        for group in [[one] for one in descriptors] if wanted.regions else [descriptors]:
            ids = self.pending(images, group, options)
            if options["dry_run"]:
                self.announce(len(ids), group)
            else:
                report = self.extract(ids, group, wanted, options["verbosity"])
                self.report(report, group)
                failed |= bool(report.failed)
        return failed

    def pending(
        self, images: ImageQuerySet, descriptors: list[PictureDescriptor], options: dict[str, Any]
    ) -> list[int]:
        if options["regions"]:
            source = with_regions(descriptors[0])
            if not options["retry_failed"]:
                failed = images.in_feature_state(source.name, source.model_id, FeatureState.FAILED)
                images = images.exclude(pk__in=failed.values("pk"))
            return without_regions(images, source)[: options["limit"]]
        found: set[int] = set()
        for descriptor in descriptors:
            found |= set(
                pending_ids(
                    images=images,
                    descriptor=descriptor,
                    limit=options["limit"],
                    # An average with neighbours changes with any of them.
                    force=options["force"] or isinstance(descriptor, AugmentedDescriptor),
                    retry_failed=options["retry_failed"],
                )
            )
        return sorted(found)[: options["limit"]]

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

    def announce(self, number: int, descriptors: list[PictureDescriptor]) -> None:
        self.stdout.write(
            ngettext(
                "%(number)d image would be extracted with %(model_id)s.",
                "%(number)d images would be extracted with %(model_id)s.",
                number,
            )
            % {"number": number, "model_id": ids_of(descriptors)}
        )

    def extract(
        self, ids: list[int], descriptors: list[PictureDescriptor], wanted: Wanted, verbosity: int
    ) -> ExtractionReport:
        with (
            stop_on_interrupt() as stop,
            Progress(
                total=len(ids), unit=_("images"), stream=self.stderr, verbosity=verbosity
            ) as progress,
        ):
            return extract(
                ids, descriptors, wanted, on_progress=progress.advance, should_stop=stop.is_set
            )

    def report(self, report: ExtractionReport, descriptors: list[PictureDescriptor]) -> None:
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
                "id": ids_of(descriptors),
            }
        )
        for descriptor in descriptors:
            self.say_if_unused(descriptor)
        if report.stopped:
            raise CommandError(report.stopped)
        if report.interrupted:
            raise interrupted()

    def say_if_unused(self, descriptor: PictureDescriptor) -> None:
        in_use = get_any(descriptor.name).model_id
        if descriptor.model_id != in_use:
            self.stdout.write(
                _(
                    "Pages search with %(model_id)s: change the settings (SIS_WEIGHTS, "
                    "SIS_PRECISION, SIS_DESCRIPTORS) to use these vectors."
                )
                % {"model_id": in_use}
            )


def ids_of(descriptors: list[PictureDescriptor]) -> str:
    return ", ".join(descriptor.model_id for descriptor in descriptors)
