"""Benchmarks and runs by program."""

import pytest

from evaluation.models import EvaluationRun
from tests.evaluation.landmarks import FILES, add_pictures, imported

from .conftest import post, problem


@pytest.fixture
def landmarks(collection):
    add_pictures(collection)
    return imported(FILES)


RUNS = "/api/evaluation/runs/"


def test_a_run_is_started_and_its_results_are_read(caller, landmarks):
    starter = caller("evaluation.add_evaluationrun")
    (benchmark,) = starter.get("/api/evaluation/benchmarks/").json()
    assert benchmark["name"] == landmarks.name
    body = {"benchmark": benchmark["name"], "crop": False}
    made = post(starter, RUNS, body)
    assert made.status_code == 202, made.content
    run = EvaluationRun.objects.get()
    job = starter.get(f"/api/work/{made.json()['id']}/").json()
    assert (job["state"], job["outcome"]) == ("done", {"run": run.pk})
    assert job["result"] == run.get_absolute_url()
    found = starter.get(f"{RUNS}{run.pk}/").json()
    assert (found["map"], found["topics"]) == (run.mean_ap, run.topics_counted)
    topics = starter.get(f"{RUNS}{run.pk}/topics/").json()
    assert len(topics) == run.topics_total
    assert starter.get(RUNS).json()["runs"] == [found]


def test_what_cannot_be_evaluated_is_explained(client, caller, landmarks):
    problem(post(client, RUNS, {"benchmark": landmarks.name}), 401)
    problem(post(caller(), RUNS, {"benchmark": landmarks.name}), 403)
    starter = caller("evaluation.add_evaluationrun")
    assert "nowhere" in problem(post(starter, RUNS, {"benchmark": "nowhere"}), 409)["detail"]
    body = {"benchmark": landmarks.name, "protocol": "magic"}
    problem(post(starter, RUNS, body), 409)
    assert not EvaluationRun.objects.exists()
