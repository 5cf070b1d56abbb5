"""Extraction of features as jobs that pages ask for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from work.asking import ask_for
from work.kinds import Interrupted, JobFailed, Kind, Progress, Told, add_kind, explainers
from work.models import Job, State

from .descriptors import DEFAULT, DescriptorError, PictureDescriptor, all_names, get_any
from .extraction import ExtractionReport, extract_features, pending_ids
from .models import Collection, Image
from .rereading import ids_of_earlier_readings, look_again
from .trouble import trouble_in_words

# A job's arguments are one JSON value in its row.
IDS_PER_JOB = 10_000
FAILURES_NAMED = 5


def extract(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Extract the images that have no current vector; those that failed before are tried again.

    Arguments: `image_ids`, and `descriptor`, its name. Returns `extracted` and `elsewhere`
    (counts), `failed`, pairs of name and reason, and `stopped`: what ended it early, or ''.
    Raises `JobFailed` where the weights cannot be had.
    """
    ids: list[int] = arguments["image_ids"]
    look_again(ids=ids_of_earlier_readings(Image.objects.filter(pk__in=ids)))
    try:
        return told(extract_noted(ids, get_any(arguments["descriptor"]), progress))
    except DescriptorError as error:
        raise JobFailed(str(error)) from error


def extract_noted(
    ids: Sequence[int], descriptor: PictureDescriptor, progress: Progress
) -> ExtractionReport:
    done = 0

    def note(number: int) -> None:
        nonlocal done
        done += number
        progress.note(done, len(ids), _("Extracting features"))

    progress.note(0, len(ids), _("Extracting features"))
    return extract_features(
        ids=ids, descriptor=descriptor, on_progress=note, should_stop=progress.should_stop
    )


def extract_missing(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Extract whatever a collection lacks, also of pictures that come in meanwhile.

    Arguments: `collection`, its key, and `descriptor`, its name. Pictures that failed before are
    left alone. Returns and raises as `extract`.
    """
    images = Image.objects.filter(collection=arguments["collection"])
    whole = ExtractionReport()
    try:
        descriptor = get_any(arguments["descriptor"])
        while ids := pending_ids(images=images, descriptor=descriptor):
            report = extract_noted(ids, descriptor, progress)
            whole.extracted += report.extracted
            whole.elsewhere += report.elsewhere
            whole.failed += report.failed
            whole.interrupted, whole.stopped = report.interrupted, report.stopped
            if whole.interrupted or whole.stopped or not (report.extracted or report.failed):
                break  # what nothing was done for would come again for ever
    except DescriptorError as error:
        raise JobFailed(str(error)) from error
    return told(whole)


def told(report: ExtractionReport) -> dict[str, Any]:
    """Return what a job says of an extraction, as JSON can hold it; raises `Interrupted`."""
    if report.interrupted:
        raise Interrupted
    return {
        "extracted": report.extracted,
        "elsewhere": report.elsewhere,
        "failed": [list(failure) for failure in report.failed],
        "stopped": report.stopped,
    }


def title_of_extraction(arguments: Mapping[str, Any]) -> str:
    title = title_of(arguments["descriptor"])
    number = len(arguments["image_ids"])
    text = ngettext(
        "Features of %(number)s picture: %(descriptor)s",
        "Features of %(number)s pictures: %(descriptor)s",
        number,
    )
    return text % {"number": localize(number), "descriptor": title}


def title_of_filling(arguments: Mapping[str, Any]) -> str:
    collection = Collection.objects.filter(pk=arguments["collection"]).first()
    return _("Missing features of %(collection)s: %(descriptor)s") % {
        "collection": collection or "–",
        "descriptor": title_of(arguments["descriptor"]),
    }


def title_of(descriptor: str) -> str:
    known = descriptor in all_names()
    return str(get_any(descriptor).title or descriptor) if known else descriptor


def ask_for_extraction(
    image_ids: Sequence[int], descriptor: str = DEFAULT, user: Any = None
) -> Iterator[Job]:
    """Ask for the extraction of any number of images, and yield each part's job."""
    for start in range(0, len(image_ids), IDS_PER_JOB):
        part = list(image_ids[start : start + IDS_PER_JOB])
        arguments = {"image_ids": part, "descriptor": descriptor}
        yield ask_for(kind=EXTRACTION.name, arguments=arguments, user=user)


def ask_for_missing(collection: Collection, user: Any = None) -> list[Job]:
    """Ask for the features that a collection lacks of each declared descriptor, fast ones first."""
    return [
        ask_for(
            kind=FILLING.name,
            arguments={"collection": collection.pk, "descriptor": name},
            user=user,
        )
        for name in sorted(all_names(), key=lambda name: name == DEFAULT)
    ]


def was_stopped(job: Job) -> bool:
    """Tell whether an extraction ended for a reason that every further one would meet as well."""
    if job.is_under_way:
        return False
    return job.state != State.DONE or bool(job.outcome.get("stopped"))


def in_words(jobs: Sequence[Job]) -> list[Told]:
    """Say what became of extractions, as (message level, text).

    What ran already is reported with its counts, its failures and why; the rest as waiting.
    """
    waiting = sum(len(job.arguments["image_ids"]) for job in jobs if job.is_under_way)
    broken = [job.word_of_end() for job in jobs if not job.is_under_way and not job.outcome]
    said = outcomes_in_words([job.outcome for job in jobs if job.outcome], broken)
    if waiting:
        text = ngettext(
            "%(number)s image is queued for a worker to extract.",
            "%(number)s images are queued for a worker to extract.",
            waiting,
        )
        said.append((messages.SUCCESS, text % {"number": localize(waiting)}))
    return said


def outcomes_in_words(done: Sequence[dict[str, Any]], reasons: Sequence[str] = ()) -> list[Told]:
    """Say what extractions did, and why others, or these, ended early."""
    said = []
    extracted = sum(outcome["extracted"] for outcome in done)
    if extracted:
        text = ngettext(
            "Extracted the features of %(number)s image.",
            "Extracted the features of %(number)s images.",
            extracted,
        )
        said.append((messages.SUCCESS, text % {"number": localize(extracted)}))
    failures = [failure for outcome in done for failure in outcome["failed"]]
    if failures:
        said.append((messages.ERROR, failures_in_words(failures)))
    # Absent from results of an earlier version.
    stopped = [outcome["stopped"] for outcome in done if outcome.get("stopped")]
    for reason in (*reasons, *stopped):
        text = _("Features could not be extracted: %(reason)s")
        said.append((messages.ERROR, text % {"reason": reason}))
    return said


def failures_in_words(failures: Sequence[Sequence[str]]) -> str:
    """Name the first few images that failed, each with its reason, and count the rest."""
    named = " ".join(f"{name}: {reason}" for name, reason in failures[:FAILURES_NAMED])
    text = ngettext(
        "%(number)s image failed. %(named)s", "%(number)s images failed. %(named)s", len(failures)
    ) % {"number": localize(len(failures)), "named": named}
    rest = len(failures) - FAILURES_NAMED
    if rest > 0:
        more = ngettext("… and %(number)s more.", "… and %(number)s more.", rest)
        text = f"{text} {more % {'number': localize(rest)}}"
    return text


explainers.append(trouble_in_words)

EXTRACTION = add_kind(
    Kind(
        name="extraction",
        title=title_of_extraction,
        run=extract,
        tell=lambda outcome: outcomes_in_words([outcome]),
    )
)
FILLING = add_kind(
    Kind(
        name="missing features",
        title=title_of_filling,
        run=extract_missing,
        tell=lambda outcome: outcomes_in_words([outcome]),
    )
)
