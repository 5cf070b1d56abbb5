"""A worker's share of an extraction that several do together."""

import time
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from work.asking import ask_for
from work.ending import settle_lost
from work.kinds import Interrupted, JobFailed, Kind, Progress, add_kind
from work.models import Job
from work.tasks import does_at_once

from .claim_models import Claim
from .claims import is_free, take
from .descriptors import DescriptorError, PictureDescriptor, get_any
from .extraction import ExtractionReport, extract_features
from .jobs import outcomes_in_words, title_of, told

NAME = "shared_extraction"
# Between two looks for a claim that somebody else has left.
SECONDS_BETWEEN_LOOKS = 1.0


def ask_for_share(descriptor: str, number: int = 1, user: Any = None) -> Job:
    """Ask for the share of one more worker: whichever is free does it."""
    return ask_for(kind=NAME, arguments={"descriptor": descriptor, "share": number}, user=user)


def run(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Take claims until there are none, and wait for those of others, who may be killed.

    While some are left, one more share waits for whatever worker comes. Returns and raises as
    other extractions do.
    """
    try:
        descriptor = get_any(arguments["descriptor"])
    except DescriptorError as error:
        raise JobFailed(str(error)) from error
    whole, claims = ExtractionReport(), Claim.objects.of(descriptor)
    while claims.exists():
        if progress.should_stop():
            raise Interrupted
        claim = take(descriptor=descriptor, job=progress.number)
        if claim is None:
            settle_lost()
            time.sleep(SECONDS_BETWEEN_LOOKS)
            continue
        if not does_at_once() and claims.filter(is_free()).exists():
            ask_for_share(descriptor.name, arguments["share"] + 1)
        work_off(claim, descriptor, whole, progress)
        if whole.interrupted or whole.stopped:
            claims.filter(pk=claim.pk).update(job=None)
            break
        claim.delete()
    return told(whole)


def work_off(
    claim: Claim, descriptor: PictureDescriptor, whole: ExtractionReport, progress: Progress
) -> None:
    """Describe a claim's images, and add what came of it to the `whole`."""
    before = whole.extracted + whole.elsewhere + len(whole.failed)
    total = before + Claim.objects.of(descriptor).waiting_images()
    done = 0

    def note(number: int) -> None:
        nonlocal done
        done += number
        progress.note(before + done, total, _("Extracting features"))

    try:
        report = extract_features(
            ids=claim.images,
            descriptor=descriptor,
            batch_size=claim.batch_size,
            on_progress=note,
            should_stop=progress.should_stop,
        )
    except DescriptorError as error:
        raise JobFailed(str(error)) from error
    whole.extracted += report.extracted
    whole.elsewhere += report.elsewhere
    whole.failed += report.failed
    whole.interrupted, whole.stopped = report.interrupted, report.stopped


def title(arguments: Mapping[str, Any]) -> str:
    return _("Shared extraction, part %(share)d: %(descriptor)s") % {
        "share": arguments["share"],
        "descriptor": title_of(arguments["descriptor"]),
    }


SHARE = add_kind(
    Kind(name=NAME, title=title, run=run, tell=lambda outcome: outcomes_in_words([outcome]))
)
