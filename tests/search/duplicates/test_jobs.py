"""The job that compares a collection with itself: done, cancelled, and what it cannot do."""

import numpy as np
import pytest

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.models import Collection, Image
from catalog.vectorstore import Version, vectors_of
from search.duplicates.jobs import ask_for_duplicates
from search.duplicates.listing import groups_of
from search.engines import reset_engines
from search.models import DuplicateScan
from tests.helpers import add_image
from tests.pages import text
from tests.search.proven import COLOURS
from work.models import Job, State
from work.running import Noted, run_job

pytestmark = pytest.mark.django_db
LATER = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def images(collection) -> list[Image]:
    """Ten pictures, of which 7 is nearly 2."""
    reset_engines()
    descriptor = get_descriptor(COLOURS)
    rows = np.random.default_rng(5).normal(size=(10, descriptor.dim)).astype(np.float32)
    rows[7] = rows[2] + 0.01 * rows[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    images = [add_image(collection, f"p{number}") for number in range(10)]
    versions = [Version(image.pk, image.sha256) for image in images]
    pairs = list(zip(versions, rows, strict=True))
    vectors_of(COLOURS).write(pairs, model_id=descriptor.model_id, dim=descriptor.dim)
    return images


def ask(collection, **more) -> Job:
    return ask_for_duplicates(collection=collection, recipe=COLOURS, user=None, **more)


def test_it_is_done_told_and_takes_the_place_of_the_one_before(images, collection, client):
    # Catches a comparison that is made and not kept, and two of one collection.
    for _time in range(2):
        job = ask(collection)
    assert (job.state, job.outcome["compared"], job.outcome["pairs"]) == (State.DONE, 10, 1)
    assert job.title == "Duplicates in Places"
    assert [text for _level, text in job.told] == [
        "10 pictures compared; 1 pair of them is nearly the same."
    ]
    scan = DuplicateScan.objects.get()
    assert groups_of(scan, scan.suggested) == [[images[2].pk, images[7].pk]]
    page = text(client.get(job.result_address))
    assert "10 pictures were compared with each other by colour-layout" in page
    assert str(scan) == "Places: colour-layout"


def test_the_page_starts_it_by_what_suits_the_collection(images, collection, admin_client):
    answer = admin_client.post("/collections/places/duplicates/")
    assert answer.url == "/collections/places/duplicates/"
    assert DuplicateScan.objects.get().recipe == COLOURS


def test_a_cancelled_one_keeps_nothing(images, collection, settings, monkeypatch):
    # Catches half a comparison in the place of a whole one.
    settings.TASKS = LATER
    job = ask(collection)
    monkeypatch.setattr(Noted, "should_stop", lambda self: True)
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert (job.state, DuplicateScan.objects.count()) == (State.CANCELLED, 0)


def test_what_is_gone_before_its_turn_is_said(images, collection, settings):
    settings.TASKS = LATER
    job = ask(collection)
    Job.objects.update(arguments=job.arguments | {"recipe": "gone"})
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED and "gone" in job.error
    Job.objects.all().delete()
    job = ask(collection)
    Collection.objects.all().delete()
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED and "deleted meanwhile" in job.error
    assert job.title == "Duplicates in –"


def test_what_cannot_be_compared_is_said_at_once(images, collection):
    with pytest.raises(DescriptorError, match="nonsense"):
        ask_for_duplicates(collection=collection, recipe="nonsense", user=None)
    with pytest.raises(DescriptorError, match="extract"):
        ask_for_duplicates(collection=collection, recipe="fc6", user=None)
    assert not Job.objects.exists()
