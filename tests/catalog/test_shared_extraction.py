"""An extraction that workers share: who takes what, killed workers, nothing done twice."""

import json
import signal
import subprocess
import time

import pytest
from django.core.management import CommandError, call_command

from catalog import shared_jobs
from catalog.claims import BATCHES_IN_CLAIM, cut_into_claims, take
from catalog.descriptors import get_descriptor
from catalog.models import Claim, Image
from catalog.shared_jobs import NAME
from tests.catalog.stand_in import StandIn
from tests.catalog.waiting_descriptor import SECONDS_A_PICTURE
from tests.helpers import add_image
from tests.pages import use_stand_in
from tests.postgres import fresh_database, throwaway_server
from tests.sis_project.faults.house import House
from work.kinds import Interrupted, JobFailed
from work.models import Job, State


@pytest.fixture
def images(collection, monkeypatch) -> list[Image]:
    use_stand_in(monkeypatch)
    return [add_image(collection, f"{number:02}") for number in range(10)]


def running(key: str) -> Job:
    return Job.objects.create(kind=NAME, key=key, state=State.RUNNING)


def test_what_is_missing_is_cut_once(images):
    # Catches pictures in two claims, when the command is given twice.
    ids = [image.pk for image in images]
    cut = cut_into_claims(ids=ids, descriptor=StandIn(), batch_size=1)
    assert [len(claim.images) for claim in cut] == [BATCHES_IN_CLAIM, BATCHES_IN_CLAIM, 2]
    assert cut_into_claims(ids=ids, descriptor=StandIn(), batch_size=512) == []
    assert sorted(pk for claim in Claim.objects.all() for pk in claim.images) == ids


def test_a_claim_is_its_jobs_until_that_ends(images):
    # Catches a claim that two have, and one that a killed worker takes with it.
    ids = [image.pk for image in images]
    cut_into_claims(ids=ids, descriptor=StandIn(), batch_size=2)
    one, other = running("one"), running("other")
    first, second = take(descriptor=StandIn(), job=one.pk), take(descriptor=StandIn(), job=other.pk)
    assert {first, second} == set(Claim.objects.all())
    assert take(descriptor=StandIn(), job=other.pk) is None
    Job.objects.filter(pk=one.pk).update(state=State.STOPPED)
    assert take(descriptor=StandIn(), job=other.pk) == first
    other.delete()
    assert take(descriptor=StandIn(), job=None) == first


def test_the_command_shares_and_a_worker_does_it(images, capsys):
    call_command("extract_features", "--enqueue", "--batch-size", "2")
    assert "10 images wait for workers" in capsys.readouterr().out
    # Tests do what is enqueued at once.
    (job,) = Job.objects.filter(kind=NAME)
    assert (job.state, job.outcome["extracted"]) == (State.DONE, 10)
    assert not Claim.objects.exists()
    assert "part 1" in job.title
    assert [text for _level, text in job.told]
    call_command("extract_features", "--enqueue")
    assert "0 images wait" in capsys.readouterr().out
    assert Job.objects.count() == 1


def test_what_fails_or_stops_is_given_back(images, monkeypatch):
    # Catches a claim that belongs to a job for ever.
    def stopped(**_asked):
        raise KeyError("unexpected")

    monkeypatch.setattr("catalog.shared_jobs.extract_features", stopped)
    call_command("extract_features", "--enqueue", "--batch-size", "9")
    assert Job.objects.get().state == State.FAILED
    monkeypatch.undo()
    use_stand_in(monkeypatch)
    # Asked once more, what is left is done, though nothing new is cut.
    call_command("extract_features", "--enqueue")
    assert not Claim.objects.exists()
    assert Job.objects.order_by("-pk").first().outcome["extracted"] == len(images)


@pytest.mark.parametrize("option", ["--force", "--regions", "--dry-run", "--weights=untrained"])
def test_what_workers_cannot_be_told_is_refused(images, option):
    with pytest.raises(CommandError, match="--enqueue does not go with"):
        call_command("extract_features", "--enqueue", option)


# --- Real workers ---------------------------------------------------------------------------

PICTURES = 96
DECLARED = {"waiting": "tests.catalog.waiting_descriptor.WaitingDescriptor"}


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    environment = {
        "SIS_DESCRIPTORS": json.dumps(DECLARED),
        "SIS_TASKS_BACKEND": "django_tasks_db.DatabaseBackend",
    }
    if request.param == "sqlite":
        yield furnished(House(tmp_path, **environment))
        return
    with throwaway_server() as url:
        yield furnished(House(tmp_path, DATABASE_URL=fresh_database(url), **environment))


def furnished(house: House) -> House:
    house.manage("migrate", "-v0")
    pictures = house.pictures(PICTURES)
    house.manage("import_images", str(pictures), "--collection", "mine")
    return house


def enqueue(house: House) -> None:
    house.manage("extract_features", "--descriptor", "waiting", "--enqueue", "--batch-size", "4")


def done(house: House) -> int:
    asked = "from catalog.models import ImageVector; print(ImageVector.objects.count())"
    return int(house.asked(asked))


def shares(house: House) -> list[int]:
    asked = (
        "from work.models import Job; print([job.outcome.get('extracted', 0) for job in "
        "Job.objects.filter(kind='shared_extraction').order_by('pk')])"
    )
    return json.loads(house.asked(asked))


def worker(house: House, *options: str) -> subprocess.Popen:
    return house.started("worker", *options)


@pytest.mark.slow
def test_two_workers_halve_the_time(house):
    # Catches a queue that one worker empties while the others look on.
    enqueue(house)
    workers = [worker(house) for _ in range(2)]
    try:
        while done(house) < PICTURES:
            time.sleep(0.5)
    finally:
        for one in workers:
            one.terminate()
    assert [one.wait(60) for one in workers] == [0, 0]
    extracted = shares(house)
    assert sum(extracted) == PICTURES  # nothing twice
    assert len([number for number in extracted if number > PICTURES // 4]) == 2


@pytest.mark.slow
def test_a_killed_worker_costs_what_it_held_and_another_goes_on(house):
    # Catches pictures that stay without features because somebody had them.
    enqueue(house)
    first, second = worker(house), worker(house, "--until-empty")
    try:
        while done(house) < 8:
            time.sleep(0.2)
        first.send_signal(signal.SIGKILL)
        first.wait()
        began = time.monotonic()
        assert second.wait(120) == 0
        assert time.monotonic() - began < 120  # a lost job is noticed within two minutes
    finally:
        first.kill()
        second.kill()
    assert done(house) == PICTURES
    assert PICTURES * SECONDS_A_PICTURE > 4  # long enough to be killed in the middle


class Told:
    """A job's progress that is asked to stop after so many looks."""

    def __init__(self, looks: int = 10**6) -> None:
        self.looks = looks
        self.noted: list[tuple[int, int]] = []
        self.number = running("mine").pk

    def note(self, done: int, total: int, step: str = "") -> None:
        self.noted.append((done, total))

    def should_stop(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_who_is_asked_to_stop_gives_back_what_is_not_done(images):
    cut_into_claims(ids=[image.pk for image in images], descriptor=get_descriptor(), batch_size=2)
    progress = Told(looks=3)
    with pytest.raises(Interrupted):
        shared_jobs.run({"descriptor": "fc6", "share": 1}, progress)
    assert 0 < Image.objects.with_current("fc6", get_descriptor().model_id).count() < 10
    assert Claim.objects.filter(job=None).exists()
    assert progress.noted


def test_claims_of_others_are_waited_for(images, monkeypatch):
    # Catches a share that ends while a killed worker's claim is nobody's yet.
    cut_into_claims(ids=[images[0].pk], descriptor=get_descriptor(), batch_size=2)
    other = running("other")
    take(descriptor=get_descriptor(), job=other.pk)
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        Job.objects.filter(pk=other.pk).update(state=State.STOPPED)

    monkeypatch.setattr(shared_jobs.time, "sleep", wait)
    outcome = shared_jobs.run({"descriptor": "fc6", "share": 1}, Told())
    assert (len(waits), outcome["extracted"]) == (1, 1)


def test_a_descriptor_that_is_gone_fails_the_share(images):
    with pytest.raises(JobFailed, match="nobody"):
        shared_jobs.run({"descriptor": "nobody", "share": 1}, Told())
