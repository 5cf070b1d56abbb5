"""Long work through Django's task interface: at once by default, on a worker where there is one."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from django.contrib import messages
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks import TaskResult, task

from .deriving import derive_features
from .descriptors import DEFAULT, get_any
from .descriptors.local.aggregated import get_aggregated
from .descriptors.local.registry import get_local
from .extraction import ExtractionReport, extract_features, pending_ids
from .models import Collection, Image
from .rereading import ids_of_earlier_readings, look_again
from .vocabularies import learn_vocabulary

# A task's arguments are one JSON value, which queues keep in a row or a message.
IDS_PER_TASK = 10_000
FAILURES_NAMED = 5


@task()
def extract_features_of(image_ids: list[int], descriptor: str = DEFAULT) -> dict[str, Any]:
    """Extract the images that have no current vector; those that failed before are tried again.

    Returns `extracted` and `elsewhere` (counts), `failed`, pairs of name and reason, and `stopped`:
    what ended it early, or ''. The task fails with `DescriptorError` where the weights cannot be
    had.
    """
    images = Image.objects.filter(pk__in=image_ids)
    look_again(ids=ids_of_earlier_readings(images))
    return told(extract_features(ids=image_ids, descriptor=get_any(descriptor)))


@task()
def learn_words_of(collection_id: int, words: int | None = None) -> dict[str, Any]:
    """Learn a vocabulary from a collection's local features, and give its images their words.

    Returns the vocabulary's `name`, and `extracted`, `elsewhere`, `failed` and `stopped` as
    `extract_features_of`. The task fails with `DescriptorError` saying what is missing.
    """
    collection = Collection.objects.get(pk=collection_id)
    learned = learn_vocabulary(local=get_local(), collection=collection, words=words)
    assert learned is not None  # noqa: S101 (nobody stops it)
    descriptor = get_aggregated(learned.name)
    ids = pending_ids(images=collection.images.all(), descriptor=descriptor)
    report, _without = derive_features(ids=ids, descriptor=descriptor)
    return {"name": learned.name, **told(report)}


def told(report: ExtractionReport) -> dict[str, Any]:
    """Return what a task says of an extraction, as JSON can hold it."""
    return {
        "extracted": report.extracted,
        "elsewhere": report.elsewhere,
        "failed": [list(failure) for failure in report.failed],
        "stopped": report.stopped,
    }


def enqueue_extraction(image_ids: Sequence[int], descriptor: str) -> Iterator[TaskResult]:
    """Enqueue `extract_features_of` for any number of images, and yield each task's result."""
    for start in range(0, len(image_ids), IDS_PER_TASK):
        part = list(image_ids[start : start + IDS_PER_TASK])
        yield extract_features_of.enqueue(image_ids=part, descriptor=descriptor)


def was_stopped(result: TaskResult) -> bool:
    """Tell whether a task ended for a reason that every further one would meet as well."""
    if not result.is_finished:
        return False
    return bool(result.errors) or bool(cast(Any, result.return_value).get("stopped"))


def failure_reason(result: TaskResult) -> str:
    """Return the message of the exception that ended a task, without its traceback.

    Task results keep an exception as its class and a printed traceback only.
    """
    if not result.errors:
        return ""
    error = result.errors[-1]
    class_name = error.exception_class_path.removeprefix("builtins.")
    return error.traceback.rpartition(f"\n{class_name}: ")[2].strip()


def in_words(results: Sequence[TaskResult]) -> list[tuple[int, str]]:
    """Say what became of extraction tasks, as (message level, text).

    What ran already is reported with its counts, its failures and why; the rest as queued.
    """
    queued = sum(len(result.kwargs["image_ids"]) for result in results if not result.is_finished)
    broken = [result for result in results if result.is_finished and result.errors]
    done: list[Any] = [
        result.return_value for result in results if result.is_finished and not result.errors
    ]
    said = outcomes_in_words(done, [failure_reason(result) for result in broken])
    if queued:
        text = ngettext(
            "%(number)s image is queued for a worker to extract.",
            "%(number)s images are queued for a worker to extract.",
            queued,
        )
        said.append((messages.SUCCESS, text % {"number": localize(queued)}))
    return said


def outcomes_in_words(
    done: Sequence[dict[str, Any]], reasons: Sequence[str] = ()
) -> list[tuple[int, str]]:
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


def words_in_words(result: TaskResult) -> list[tuple[int, str]]:
    """Say what became of `learn_words_of`, as (message level, text)."""
    if not result.is_finished:
        return [(messages.SUCCESS, _("Learning words is queued for a worker."))]
    if result.errors:
        text = _("No words could be learned: %(reason)s")
        return [(messages.ERROR, text % {"reason": failure_reason(result)})]
    name = cast(Any, result.return_value)["name"]
    learned = (messages.SUCCESS, _("Learned the vocabulary %(name)s.") % {"name": name})
    return [learned, *outcomes_in_words([cast(Any, result.return_value)])]


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
