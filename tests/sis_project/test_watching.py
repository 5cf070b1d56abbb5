"""Metrics for who has the token, one line a request in the log, and no floods."""

import io
import json
import logging

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from prometheus_client import REGISTRY

from catalog import timing
from catalog.timing import timed
from sis_project import metrics
from sis_project.environment import one_of
from sis_project.logs import MOST_ALIKE, FloodFilter, logging_settings
from sis_project.metrics import SECONDS, QueueCollector
from tests.helpers import add_image
from tests.pages import describe_all, fill, stored_query, use_stand_in
from work.models import Job, State, Worker

TOKEN = "only-for-tests"


@pytest.fixture
def measured(monkeypatch):
    monkeypatch.setattr(timing, "listeners", [lambda what, s: SECONDS.labels(what).observe(s)])


def count_of(what: str) -> float:
    return REGISTRY.get_sample_value("sis_seconds_count", {"what": what}) or 0


def test_metrics_are_for_who_has_the_token(client, db, settings):
    # Catches figures of a site for everybody to read.
    assert client.get("/metrics").status_code == 404
    settings.SIS_METRICS_TOKEN = TOKEN
    for given in ("", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x"):
        assert client.get("/metrics", headers={"authorization": given}).status_code == 404
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert b"python_info" in response.content


def test_parts_of_the_work_are_measured(client, collection, monkeypatch, measured):
    # Catches a part that a rewrite no longer measures.
    use_stand_in(monkeypatch)
    fill(collection, 3)
    before = {what: count_of(what) for what in ("search", "describe", "decode", "extract")}
    describe_all()
    add_image(collection, "new")
    call_command("extract_features", verbosity=0)
    client.get(f"/search/{stored_query().pk}/")
    assert {what for what, number in before.items() if count_of(what) > number} == set(before)


def test_a_failure_is_measured_too_and_nothing_where_nobody_listens(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(timing, "listeners", [lambda what, seconds: told.append(what)])
    with pytest.raises(ValueError, match="x"), timed("search"):
        raise ValueError("x")
    assert told == ["search"]


def test_the_queue_is_what_the_database_has(db):
    Job.objects.create(kind="x", key="1")
    Job.objects.create(kind="x", key="2", state=State.FAILED)
    Worker.objects.create(host="a", process=1)
    found = {metric.name: metric.samples for metric in QueueCollector().collect()}
    states = {sample.labels["state"]: sample.value for sample in found["sis_jobs"]}
    assert (states["queued"], states["failed"], states["running"]) == (1, 1, 0)
    assert found["sis_workers"][0].value == 1
    assert found["sis_queue_wait_seconds"][0].value >= 0
    assert found["sis_claimed_images"][0].value == 0


# --- Logs -----------------------------------------------------------------------------------


@pytest.fixture
def lines(request):
    """What is logged in one of the formats, each request included."""
    made = logging_settings(style=request.param, level="WARNING", requests=True)
    stream = io.StringIO()
    formatter = dict(made["formatters"][request.param])
    handler = logging.StreamHandler(stream)
    if request.param == "json":
        handler.setFormatter(formatter.pop("()")(**formatter))
    else:
        from sis_project.logs import PlainFormatter

        handler.setFormatter(PlainFormatter(formatter["format"], style="{"))
    logger = logging.getLogger("django_structlog")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield lambda: stream.getvalue().splitlines()
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.mark.parametrize("lines", ["json"], indirect=True)
def test_each_request_is_one_line_with_its_number_and_duration(client, db, lines):
    # Catches lines that no program can read, and answers nobody can find in the log.
    response = client.get("/images/?name=chùa")
    client.get("/nowhere/")
    found = [json.loads(line) for line in lines()]
    assert [one["code"] for one in found] == [200, 404]
    assert found[0]["request_id"] == response["X-Request-ID"]
    assert 0 < found[0]["seconds"] < 60
    assert found[0]["request"].startswith("GET /images/")
    assert found[0]["ip"] == "127.0.0.1"


@pytest.mark.parametrize("lines", ["plain"], indirect=True)
def test_a_plain_line_tells_the_same(client, db, lines):
    response = client.get("/healthz")
    assert "X-Request-ID" not in response  # asked every second by who watches
    response = client.get("/images/")
    (line,) = lines()
    assert f"request_id={response['X-Request-ID']}" in line
    assert "seconds=" in line
    assert "code=200" in line


def test_what_is_said_a_thousand_times_is_said_a_few_times():
    # Catches a disk full of one line.
    now = [1000.0]
    flood = FloodFilter()
    record = logging.LogRecord("x", logging.WARNING, "", 0, "The file %s is gone.", ("a",), None)
    other = logging.LogRecord("x", logging.WARNING, "", 0, "Something else.", (), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sis_project.logs.time.monotonic", lambda: now[0])
        assert [flood.filter(record) for _ in range(1000)].count(True) == MOST_ALIKE
        assert flood.filter(other)
        now[0] += 61
        assert flood.filter(record)
    assert record.getMessage() == (
        f"The file a is gone. [{1000 - MOST_ALIKE} lines like this one were left out]"
    )


def test_a_format_that_does_not_exist_is_refused():
    with pytest.raises(ImproperlyConfigured, match="SIS_LOG_FORMAT"):
        one_of("SIS_LOG_FORMAT", "xml", ("plain", "json"))


@pytest.mark.parametrize(("as_worker", "port"), [(False, 0), (True, 9100), (True, 0)])
def test_a_worker_shows_its_own_where_it_is_told_to(monkeypatch, settings, as_worker, port):
    # Catches a port that is open for the whole net, and a queue that is counted by every worker.
    settings.SIS_METRICS_PORT = port
    opened, registered = [], []
    monkeypatch.setattr(timing, "listeners", listeners := [])
    monkeypatch.setattr(metrics, "listeners", listeners)
    monkeypatch.setattr(
        metrics, "start_http_server", lambda port, addr: opened.append((port, addr))
    )
    monkeypatch.setattr(metrics.REGISTRY, "register", registered.append)
    metrics.begin(as_worker=as_worker)
    before = count_of("decode")
    with timed("decode"):
        pass
    assert count_of("decode") == before + 1
    assert opened == ([(port, "127.0.0.1")] if port else [])
    assert len(registered) == (not as_worker)
    assert all(list(one.describe()) == [] for one in registered)
