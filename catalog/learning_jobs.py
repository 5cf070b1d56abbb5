"""Learning words and whitenings as jobs, which the administration asks for."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import messages
from django.utils.translation import gettext as _

from work.asking import ask_for
from work.kinds import Interrupted, JobFailed, Kind, Progress, Told, add_kind
from work.models import Job

from .deriving import Derivable, derive_features
from .descriptors import DescriptorError, get_descriptor
from .descriptors.local.aggregated import get_aggregated
from .descriptors.local.registry import get_local
from .descriptors.whitened import WhitenedDescriptor
from .extraction import ExtractionReport, pending_ids
from .jobs import outcomes_in_words, title_of, told
from .models import Collection
from .vocabularies import learn_vocabulary
from .whitenings import learn_whitening


def learn_words(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Learn a vocabulary from a collection's local features, and give its images their words.

    Arguments: `collection`, its key, and `words`, how many, or None. Returns the vocabulary's
    `name`, and `extracted`, `elsewhere`, `failed` and `stopped` as `extract`. Raises `JobFailed`
    saying what is missing.
    """
    collection = collection_of(arguments)
    progress.note(0, 0, _("Learning words"))
    try:
        learned = learn_vocabulary(
            local=get_local(),
            collection=collection,
            words=arguments.get("words"),
            should_stop=progress.should_stop,
        )
        if learned is None:
            raise Interrupted
        report = derived(
            collection, get_aggregated(learned.name), progress, _("Finding the words of pictures")
        )
    except DescriptorError as error:
        raise JobFailed(str(error)) from error
    return {"name": learned.name, **told(report)}


def whiten(arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Learn a whitening (PCA) from a collection's stored vectors, and whiten them.

    Arguments: `collection`, its key, `descriptor`, its name, and `dim`. Returns the whitened
    descriptor's `name`, and `extracted`, `elsewhere`, `failed` and `stopped` as `extract`. Raises
    `JobFailed` saying what is missing.
    """
    collection = collection_of(arguments)
    progress.note(0, 0, _("Learning"))
    try:
        learned = learn_whitening(
            descriptor=get_descriptor(arguments["descriptor"]),
            collection=collection,
            images=collection.images.all(),
            dim=arguments["dim"],
        )
        descriptor = cast(WhitenedDescriptor, get_descriptor(learned.name))
        report = derived(collection, descriptor, progress, _("Whitening vectors"))
    except DescriptorError as error:
        raise JobFailed(str(error)) from error
    return {"name": learned.name, **told(report)}


def derived(
    collection: Collection, descriptor: Derivable, progress: Progress, step: str
) -> ExtractionReport:
    """Give the collection's images what was just learned, of their stored descriptions."""
    ids = pending_ids(images=collection.images.all(), descriptor=descriptor)
    done = 0

    def note(number: int) -> None:
        nonlocal done
        done += number
        progress.note(done, len(ids), step)

    progress.note(0, len(ids), step)
    report, _without = derive_features(
        ids=ids, descriptor=descriptor, on_progress=note, should_stop=progress.should_stop
    )
    return report


def collection_of(arguments: Mapping[str, Any]) -> Collection:
    """Return the collection of a job; raises `JobFailed` where it is gone."""
    found = Collection.objects.filter(pk=arguments["collection"]).first()
    if found is None:
        raise JobFailed(_("The collection was deleted meanwhile."))
    return found


def title_of_learning(arguments: Mapping[str, Any]) -> str:
    collection = Collection.objects.filter(pk=arguments["collection"]).first()
    return _("Learning words: %(collection)s") % {"collection": collection or "–"}


def title_of_whitening(arguments: Mapping[str, Any]) -> str:
    collection = Collection.objects.filter(pk=arguments["collection"]).first()
    return _("Whitening of %(descriptor)s, learned on %(collection)s") % {
        "descriptor": title_of(arguments["descriptor"]),
        "collection": collection or "–",
    }


def ask_for_words(collection_id: int, words: int | None = None, user: Any = None) -> Job:
    arguments = {"collection": collection_id, "words": words}
    return ask_for(kind=LEARNING.name, arguments=arguments, user=user)


def ask_for_whitening(*, collection: Collection, descriptor: str, dim: int, user: Any) -> Job:
    arguments = {"collection": collection.pk, "descriptor": descriptor, "dim": dim}
    return ask_for(kind=WHITENING.name, arguments=arguments, user=user)


def words_in_words(job: Job) -> list[Told]:
    """Say what became of learning words, as (message level, text)."""
    if job.is_under_way:
        return [(messages.SUCCESS, _("Learning words is queued for a worker."))]
    if not job.outcome:
        text = _("No words could be learned: %(reason)s")
        return [(messages.ERROR, text % {"reason": job.word_of_end()})]
    return learning_in_words(job.outcome)


def learning_in_words(outcome: dict[str, Any]) -> list[Told]:
    learned = _("Learned the vocabulary %(name)s.") % {"name": outcome["name"]}
    return [(messages.SUCCESS, learned), *outcomes_in_words([outcome])]


def whitening_in_words(outcome: dict[str, Any]) -> list[Told]:
    learned = _("Learned the whitening %(name)s.") % {"name": outcome["name"]}
    return [(messages.SUCCESS, learned), *outcomes_in_words([outcome])]


LEARNING = add_kind(
    Kind(name="words", title=title_of_learning, run=learn_words, tell=learning_in_words)
)
WHITENING = add_kind(
    Kind(name="whitening", title=title_of_whitening, run=whiten, tell=whitening_in_words)
)
