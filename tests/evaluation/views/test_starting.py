"""Who may start an evaluation, and that clicks at once start one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as project
from django.contrib.auth.models import Permission

from evaluation.models import EvaluationRun
from tests.evaluation.views.viewing import use_describer
from tests.pages import html, text
from tests.postgres import throwaway_server
from work.models import Job, State
from work.running import leaving, run_job

INDEX = "/evaluation/"
AT_ONCE = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
LATER = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture(autouse=True)
def describer(monkeypatch):
    return use_describer(monkeypatch)


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_user("lan")


@pytest.fixture
def evaluator(client, user):
    """A client that may start evaluations."""
    user.user_permissions.add(Permission.objects.get(codename="add_evaluationrun"))
    client.force_login(user)
    return client


def fields(benchmark, **changed) -> dict:
    return {"benchmark": benchmark.pk, "protocol": "standard", "query": "whole"} | changed


def test_a_visitor_is_led_to_the_log_in_page_and_starts_nothing(client, benchmark_rows):
    # Catches 36 seconds of this server for anybody who reaches the page.
    page = client.get(INDEX)
    assert "<select" not in html(page)
    assert 'href="/login/?next=%2Fevaluation%2F"' in html(page)
    assert "What the protocols mean" in text(page)
    assert client.post(INDEX, fields(benchmark_rows)).url == "/login/?next=/evaluation/"
    assert not EvaluationRun.objects.exists()


def test_an_account_without_the_permission_starts_nothing(client, benchmark_rows, user):
    # Catches a circle: an account that may not is not asked to sign in for ever.
    client.force_login(user)
    assert "Your account may see the runs, and not start any." in text(client.get(INDEX))
    assert client.post(INDEX, fields(benchmark_rows)).status_code == 403
    assert not EvaluationRun.objects.exists()


def test_the_same_evaluation_is_shown_instead_of_started_again(evaluator, benchmark_rows, settings):
    # Catches a second click that makes a second run, and other settings taken for the same.
    settings.TASKS = LATER
    first = evaluator.post(INDEX, fields(benchmark_rows)).url
    assert evaluator.post(INDEX, fields(benchmark_rows)).url == first
    for changed in ({"protocol": "good"}, {"query": "box"}, {"exclude_self": "on"}):
        assert evaluator.post(INDEX, fields(benchmark_rows, **changed)).url != first
    assert Job.objects.under_way().count() == 4
    assert not EvaluationRun.objects.exists()


def test_what_is_done_is_done_again_when_asked_for(evaluator, benchmark_rows):
    # Catches a page that shows yesterday's run where a new one was asked for.
    first = evaluator.post(INDEX, fields(benchmark_rows)).url
    assert evaluator.post(INDEX, fields(benchmark_rows)).url != first
    assert EvaluationRun.objects.count() == 2


def test_a_worker_that_is_asked_to_end_leaves_the_run_to_the_next(
    evaluator, benchmark_rows, settings
):
    # Catches an evaluation that is called failed because the server was restarted.
    settings.TASKS = LATER
    evaluator.post(INDEX, fields(benchmark_rows))
    job = Job.objects.get()
    leaving.set()
    try:
        assert run_job(pk=job.pk)
    finally:
        leaving.clear()
    job.refresh_from_db()
    assert (job.state, job.error) == (State.QUEUED, "")
    assert not EvaluationRun.objects.exists()
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert job.state == State.DONE
    assert job.result_address == EvaluationRun.objects.get().get_absolute_url()


TWO_CLICKS = """
import django; django.setup()
import threading, time
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from catalog.descriptors import registry
from catalog.models import Collection
from evaluation.models import EvaluationRun
from work.models import Job
from tests.evaluation.landmarks import FILES, Describer, add_pictures, imported

class Slow(Describer):
    def describe(self, images):
        time.sleep(1)  # the second click comes while the first one is at work
        return super().describe(images)

real, slow = registry._instance, Slow()
registry._instance = lambda name, *rest: slow if name == "fc6" else real(name, *rest)
add_pictures(Collection.objects.create(slug="places"))
benchmark = imported(FILES)
user = get_user_model().objects.create_superuser("lan")
clicks, ready, answers = 4, threading.Barrier(4), []

def click():
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    ready.wait()
    fields = {"benchmark": benchmark.pk, "protocol": "standard", "query": "whole"}
    answers.append(client.post("/evaluation/", fields))
    connection.close()

threads = [threading.Thread(target=click) for _click in range(clicks)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert [answer.status_code for answer in answers] == [302] * clicks, answers
assert len(Job.objects.all()) == len(EvaluationRun.objects.all()) == 1, answers
"""


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_clicks_at_once_one_starts_a_run(tmp_path, database):
    # Catches a look for a run and its creation with a gap between them.
    def click(**more: str) -> None:
        environment = os.environ | {
            "SIS_VAR_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            **more,
        }
        for command in (["manage.py", "migrate", "-v0"], ["-c", TWO_CLICKS]):
            done = subprocess.run(
                [sys.executable, *command],
                cwd=Path(project.BASE_DIR),
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr

    if database == "sqlite":
        return click()
    with throwaway_server() as url:
        return click(DATABASE_URL=url)
