"""Extraction as a job: at once by default, on a worker where a queue is set up."""

import pytest
from django.contrib import messages
from django_tasks import task_backends

from catalog import jobs
from catalog.descriptors import DescriptorError
from catalog.extraction import ExtractionReport
from catalog.jobs import ask_for_extraction, ask_for_missing, in_words
from catalog.models import Image
from tests.catalog.stand_in import StandIn
from tests.helpers import MODEL_ID, add_image
from work.models import Job, State

QUEUE = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def stand_in(monkeypatch) -> StandIn:
    descriptor = StandIn()
    monkeypatch.setattr(jobs, "get_any", lambda name: descriptor)
    return descriptor


@pytest.fixture
def images(collection) -> list[Image]:
    return [add_image(collection, f"picture{number}") for number in range(4)]


def extracted(images: list[Image]) -> Job:
    [job] = ask_for_extraction(pks(images))
    return job


def pks(images: list[Image]) -> list[int]:
    return [image.pk for image in images]


def test_it_extracts_and_returns_json(images, stand_in):
    # Catches a return value that a queue cannot keep.
    images[1].file.storage.delete(images[1].file.name)
    result = extracted(images)
    assert result.state == State.DONE
    outcome = result.outcome
    assert (outcome["extracted"], outcome["elsewhere"]) == (3, 0)
    [[name, reason]] = outcome["failed"]
    assert name == "picture1"
    assert "missing" in reason
    assert Image.objects.with_current("fc6", MODEL_ID).count() == 3


def test_it_retries_failures_and_redoes_nothing(images, stand_in):
    extracted(images[:2])
    Image.objects.filter(pk=images[2].pk).update(fc6_error="It is damaged.")
    result = extracted(images)
    assert (result.outcome["extracted"], result.outcome["elsewhere"]) == (2, 2)
    assert not Image.objects.exclude(fc6_error="").exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DescriptorError("The weights file: /a.h5 is gone."), "The weights file: /a.h5 is gone."),
        (ValueError("of its own"), "Something unexpected happened. The server's log says more."),
    ],
)
def test_what_ends_a_task_is_known_by_its_message(images, stand_in, error, reason):
    # Catches a traceback, or an empty string, shown to the person who asked for the work.
    def fail(number: int) -> None:
        raise error from KeyError("the cause: DescriptorError")

    stand_in.on_describe = fail
    result = extracted(images)
    assert result.state == State.FAILED
    assert result.error == reason
    said = [(messages.ERROR, f"Features could not be extracted: {reason}")]
    assert in_words([result]) == said


def test_what_stopped_a_task_is_told_with_what_it_did(images, stand_in, media):
    # Catches "extracted the features of 0 images", and the next ten thousand tried in vain.
    media.rename(media.with_name("elsewhere"))
    result = extracted(images)
    assert jobs.was_stopped(result)
    [(level, text)] = in_words([result])
    assert level == messages.ERROR
    assert text.startswith(f"Features could not be extracted: The media folder {media} cannot")
    media.with_name("elsewhere").rename(media)
    assert not jobs.was_stopped(extracted(images))


def test_many_images_become_several_tasks(images, settings, monkeypatch):
    # Catches images lost or done twice at the cuts, and one enormous argument.
    settings.TASKS = QUEUE
    monkeypatch.setattr(jobs, "IDS_PER_JOB", 3)
    results = list(ask_for_extraction(range(1, 9), "fc6"))
    queued = [Job.objects.get(pk=r.kwargs["job_id"]) for r in task_backends["default"].results]
    assert [job.arguments["image_ids"] for job in queued] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert in_words(results) == [(messages.SUCCESS, "8 images are queued for a worker to extract.")]


def test_no_images_become_no_task(db, settings):
    settings.TASKS = QUEUE
    assert list(ask_for_extraction([], "fc6")) == []
    assert in_words([]) == []


def test_tasks_are_enqueued_one_after_the_other(images, settings):
    # Catches a broken installation that is tried once for every ten thousand images.
    settings.TASKS = QUEUE
    next(ask_for_extraction(range(jobs.IDS_PER_JOB * 3), "fc6"))
    assert len(task_backends["default"].results) == 1


def test_five_failures_are_named_and_the_rest_counted(images, stand_in, collection):
    for number in range(4, 8):
        images.append(add_image(collection, f"picture{number}"))
    for image in images[1:]:
        image.file.storage.delete(image.file.name)
    [done, failed] = in_words([extracted(images)])
    assert done == (messages.SUCCESS, "Extracted the features of 1 image.")
    level, text = failed
    assert level == messages.ERROR
    assert text.startswith("7 images failed. picture1: The file ")
    assert [name for name in (image.name for image in images) if f"{name}:" in text] == [
        f"picture{number}" for number in range(1, 6)
    ]
    assert text.endswith("… and 2 more.")


def test_what_nothing_can_be_done_for_ends_the_job(images, collection, monkeypatch):
    # Catches a job that asks for the same pictures for ever.
    monkeypatch.setattr(jobs, "all_names", lambda: ["colour-layout"])
    monkeypatch.setattr(jobs, "extract_features", lambda **asked: ExtractionReport(elsewhere=4))
    [job] = ask_for_missing(collection)
    assert (job.state, job.outcome["elsewhere"]) == (State.DONE, 4)
