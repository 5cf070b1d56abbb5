"""Jobs that wait for nobody, because a process was killed before their task was kept."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.work.test_jobs import ask
from work.models import Job
from work.querysets import exists
from work.worker import enqueue_forgotten

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def test_a_job_without_a_task_gets_one(queue, counting):
    # Catches a job that waits for ever, and keeps the same from being asked for again.
    job = ask()
    long_ago = timezone.now() - timedelta(minutes=5)
    Job.objects.update(created_at=long_ago)
    enqueue_forgotten()
    assert DBTaskResult.objects.count() == 1
    DBTaskResult.objects.all().delete()
    enqueue_forgotten()
    enqueue_forgotten()
    assert DBTaskResult.objects.get().args_kwargs["kwargs"] == {"job_id": job.pk}


def test_what_was_asked_for_just_now_is_left_alone(queue, counting):
    ask()
    DBTaskResult.objects.all().delete()
    enqueue_forgotten()
    assert not DBTaskResult.objects.exists()


def test_a_process_is_there_or_not():
    # Catches a worker that is called gone because it belongs to somebody else.
    assert exists(os.getpid())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not exists(ended.pid)


def test_a_process_of_another_account_is_there(monkeypatch):
    def refuse(process, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert exists(1)
