"""Jobs are done once, tell how far they are, and end in one of five ways."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult

from work.asking import ask_for, cancel, continue_job
from work.ending import settle_lost
from work.kinds import JobFailed
from work.models import Job, State, Worker, key_of
from work.running import leaving, run_job
from work.worker import forget_old


def ask(number: int = 3, **more) -> Job:
    return ask_for(kind="counting", arguments={"number": number}, **more)


def test_a_job_is_done_and_told(counting):
    job = ask()
    assert (job.state, job.done, job.total, job.outcome) == (State.DONE, 3, 3, {"counted": 3})
    assert (job.title, job.told) == ("Count to 3", [(25, "Counted 3.")])
    assert job.duration >= timedelta(0)
    assert counting.ended == []


def test_a_second_click_finds_the_first_job(counting, later):
    # Catches an evaluation of half an hour that is done twice because a button was pressed twice.
    first = ask()
    assert ask() == first
    assert ask(4) != first
    run_job(pk=first.pk)
    run_job(pk=first.pk)
    assert counting.runs == 1
    assert ask() != first


def test_the_database_lets_one_of_a_kind_wait(counting, later):
    # Catches two processes that both look, find nothing, and both store.
    job = ask()
    with pytest.raises(IntegrityError):
        Job.objects.create(kind="counting", arguments=job.arguments, key=job.key)


def test_a_key_does_not_depend_on_the_order_of_arguments():
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert key_of("a", {"x": 1}) != key_of("b", {"x": 1})


def test_what_waits_is_cancelled_at_once(counting, later):
    job = ask()
    cancel(job=job)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    run_job(pk=job.pk)
    assert counting.runs == 0
    assert counting.ended == [(3, "It was cancelled.")]


def test_what_runs_is_cancelled_after_its_step(counting, monkeypatch):
    monkeypatch.setattr("work.running.SECONDS_BETWEEN_NOTES", 0)
    counting.on_count = lambda number: number == 2 and cancel(job=Job.objects.get())
    job = ask(1000)
    assert (job.state, job.done) == (State.CANCELLED, 2)
    assert job.outcome == {}


def test_a_failure_is_told_in_the_language_of_who_asked(counting, later):
    # Catches a worker's English in the middle of a Vietnamese page.
    def fail(number: int) -> None:
        raise JobFailed(translation.get_language())

    counting.on_count = fail
    with translation.override("vi"):
        job = ask()
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (State.FAILED, "vi")


def test_the_unexpected_shows_no_trace(counting, caplog):
    counting.on_count = lambda number: 1 / 0
    job = ask()
    assert job.state == State.FAILED
    assert "ZeroDivision" not in job.error
    assert "ZeroDivisionError" in caplog.text


def test_a_job_of_another_release_says_so(db, later):
    job = Job.objects.create(kind="unheard of", key="k")
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "does not know" in job.error
    assert (job.title, job.can_be_continued) == ("unheard of", False)


def test_a_worker_that_is_asked_to_end_puts_its_job_back(counting, later):
    # Catches work that is lost when the server is restarted.
    job = ask(1000)
    counting.on_count = lambda number: number == 5 and leaving.set()
    assert run_job(pk=job.pk)
    job.refresh_from_db()
    assert job.state == State.QUEUED
    leaving.clear()
    counting.on_count = lambda number: None
    assert not run_job(pk=job.pk)
    job.refresh_from_db()
    assert (job.state, counting.runs) == (State.DONE, 2)


def running(job: Job, **fields) -> Job:
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, noted_at=timezone.now(), **fields)
    return job


@pytest.mark.parametrize("seconds", [0, 50])
def test_a_job_of_a_present_worker_is_left_alone(counting, later, seconds):
    seen = timezone.now() - timedelta(seconds=seconds)
    running(ask(), worker=Worker.objects.create(host="elsewhere", process=1, seen_at=seen))
    assert settle_lost() == 0


def test_a_job_of_a_silent_worker_is_stopped_and_can_be_continued(counting, later):
    seen = timezone.now() - timedelta(seconds=70)
    job = running(ask(), worker=Worker.objects.create(host="elsewhere", process=1, seen_at=seen))
    assert settle_lost() == 1
    job.refresh_from_db()
    assert (job.state, job.can_be_continued) == (State.STOPPED, True)
    assert "without a word" in job.error
    assert counting.ended == [(3, job.error)]
    again = continue_job(job=job)
    assert (again.arguments, again.state) == (job.arguments, State.QUEUED)


def test_a_job_that_a_page_did_is_lost_after_longer(counting, later):
    job = running(ask())
    assert settle_lost() == 0
    Job.objects.update(noted_at=timezone.now() - timedelta(minutes=16))
    assert settle_lost() == 1
    assert job.pk == Job.objects.get(state=State.STOPPED).pk


def test_an_estimate_follows_the_rate():
    now = timezone.now()
    job = Job(state=State.RUNNING, done=10, total=40, noted_at=now)
    assert job.seconds_left is None
    job.counted_from = now - timedelta(seconds=20)
    assert job.seconds_left == pytest.approx(60)
    job.counted_from = now - timedelta(seconds=1)
    assert job.seconds_left is None


def test_who_sees_which(counting, later):
    own, other = User.objects.create_user("own"), User.objects.create_user("other")
    job = ask(user=own)
    assert list(Job.objects.visible_to(own)) == [job]
    assert not Job.objects.visible_to(other).exists()
    assert Job.objects.visible_to(User.objects.create_superuser("all")).exists()


def test_what_carried_old_jobs_is_forgotten(db):
    # Catches a table that grows for ever, and a worker's row that is missed by one that runs.
    long_ago, now = timezone.now() - timedelta(days=15), timezone.now()
    common = {"task_path": "x", "backend_name": "default", "run_after": now}
    common |= {"args_kwargs": {"args": [], "kwargs": {}}}
    for started in (long_ago, now, None):
        DBTaskResult.objects.create(started_at=started, **common)
    for seen in (long_ago, now):
        Worker.objects.create(host="here", process=1, seen_at=seen)
    forget_old()
    assert set(DBTaskResult.objects.values_list("started_at", flat=True)) == {now, None}
    assert list(Worker.objects.values_list("seen_at", flat=True)) == [now]
