"""The start page: what can be asked for, what cannot, and the list of runs."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from catalog.descriptors import DescriptorError, get_descriptor
from evaluation.models import Benchmark, EvaluationRun
from tests.evaluation.landmarks import Describer
from tests.evaluation.views.viewing import evaluated, heavy_columns_read, use_describer
from tests.pages import html, text
from work.models import Job, State
from work.running import run_job

pytestmark = pytest.mark.django_db

INDEX = "/evaluation/"
LATER = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
ENGINE = "search.engines.exact.ExactEngine"
COLOUR_LAYOUT = "catalog.descriptors.colour_layout.ColourLayoutDescriptor"


@pytest.fixture(autouse=True)
def describer(monkeypatch) -> Describer:
    return use_describer(monkeypatch)


@pytest.fixture
def client(client, django_user_model) -> Client:
    """Somebody who may start evaluations, and nothing else."""
    user = django_user_model.objects.create_user("minh")
    user.user_permissions.add(Permission.objects.get(codename="add_evaluationrun"))
    client.force_login(user)
    return client


def asked(rows, **changed) -> dict:
    """The fields of the form; None leaves one out."""
    fields = {"benchmark": rows.pk, "protocol": "standard", "query": "whole"} | changed
    return {name: value for name, value in fields.items() if value is not None}


def listed(response) -> list[int]:
    """The runs of the table, from top to bottom."""
    return [
        int(pk)
        for pk in re.findall(r'scope="row"><a href="/evaluation/runs/(\d+)/', html(response))
    ]


def bare(benchmark, **fields) -> EvaluationRun:
    """A run without topics."""
    return EvaluationRun.objects.create(benchmark=benchmark, protocol="standard", **fields)


def test_without_a_benchmark_the_page_says_what_to_run(client):
    # Catches an empty form, or a template that needs a benchmark.
    response = client.get(INDEX)
    assert "manage.py import_groundtruth --collection" in text(response)
    assert "<select" not in html(response)
    assert "Nothing has been evaluated yet." in text(response)


def test_the_address_of_the_first_system_still_works(client):
    # Catches an include without the slash's redirect.
    assert client.get("/evaluation").headers["Location"] == INDEX
    assert reverse("evaluation:index") == INDEX


def test_a_run_is_started_and_shown(client, benchmark_rows):
    # Catches options that the form shows and the run does not get.
    fields = asked(benchmark_rows, protocol="good", query="whole", exclude_self="on")
    response = client.post(INDEX, fields)
    run = EvaluationRun.objects.get()
    assert response.headers["Location"] == run.get_absolute_url()
    assert run.protocol == "good"
    assert (run.crop, run.exclude_self, run.engine) == (False, True, "default")
    client.post(INDEX, asked(benchmark_rows, query="box"))
    run = EvaluationRun.objects.first()
    assert (run.crop, run.exclude_self) == (True, False)


def test_work_for_a_worker_does_not_keep_the_request(client, benchmark_rows, settings, describer):
    # Catches an evaluation inside the request, a page that waits for ever, and work that is
    # nowhere to be seen.
    settings.TASKS = LATER
    response = client.post(INDEX, asked(benchmark_rows), follow=True)
    job = Job.objects.get()
    assert (job.state, describer.sizes) == (State.QUEUED, [])
    progress = reverse("work:job_progress", args=[job.pk])
    assert f'hx-get="{progress}"' in html(response)
    assert f'<a href="{job.get_absolute_url()}">' in html(client.get(INDEX))
    run_job(pk=job.pk)
    result = EvaluationRun.objects.get().get_absolute_url()
    assert client.get(progress).headers["HX-Redirect"] == result
    assert f'href="{result}"' in html(client.get(job.get_absolute_url()))
    assert job.get_absolute_url() not in html(client.get(INDEX))


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"benchmark": 987654}, "benchmark", "Select a valid choice."),
        ({"benchmark": "9" * 30}, "benchmark", "Select a valid choice."),
        ({"benchmark": "\x00"}, "benchmark", "Null characters are not allowed."),
        ({"benchmark": None}, "benchmark", "This field is required."),
        ({"protocol": "medium"}, "protocol", "Select a valid choice. medium is not"),
        ({"protocol": "<b>"}, "protocol", "Select a valid choice. &lt;b&gt; is not"),
        ({"query": "nothing"}, "query", "Select a valid choice."),
        ({"query": None}, "query", "This field is required."),
    ],
)
def test_bad_choices_are_form_errors(client, benchmark_rows, changed, field, message):
    # Catches a stack trace, or a run of something else than was asked for.
    response = client.post(INDEX, asked(benchmark_rows, **changed))
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert message in html(response)
    assert not EvaluationRun.objects.exists()


def test_of_several_benchmarks_each_takes_its_own_protocols(client, benchmark_rows):
    # Catches a protocol that is offered for labels it cannot be counted from.
    assert "Labels easy, hard and junk" not in html(client.get(INDEX))
    Benchmark.objects.create(
        name="revisited",
        collection=benchmark_rows.collection,
        labels=["easy", "hard", "junk"],
        imported_at=benchmark_rows.imported_at,
    )
    assert "Labels easy, hard and junk" in html(client.get(INDEX))
    response = client.post(INDEX, asked(benchmark_rows, protocol="medium"))
    assert response.status_code == 400
    assert "fit these protocols: standard (good and ok), good, ok" in html(response)


def test_weights_that_cannot_be_had_are_a_form_error(client, benchmark_rows, monkeypatch):
    # Catches an error page where the message says what to do.
    def refuse(*args):
        raise DescriptorError("Put the weights there.")

    monkeypatch.setattr(type(get_descriptor()), "model_id", property(refuse))
    response = client.post(INDEX, asked(benchmark_rows))
    assert response.status_code == 400
    assert "Put the weights there." in text(response)
    assert not EvaluationRun.objects.exists()


def test_a_descriptor_is_chosen_where_there_are_several(client, benchmark_rows, settings):
    # Catches a choice that the run does not take.
    settings.SIS_DESCRIPTORS = {**settings.SIS_DESCRIPTORS, "colours": COLOUR_LAYOUT}
    assert 'value="colours"' in html(client.get(INDEX))
    response = client.post(INDEX, asked(benchmark_rows) | {"recipe": "colours"}, follow=True)
    assert "No picture of collection" in text(response)  # it has no such features
    assert Job.objects.get().arguments["recipe"] == "colours"
    settings.SIS_DESCRIPTORS = {"fc6": settings.SIS_DESCRIPTORS["fc6"]}
    assert 'name="descriptor"' not in html(client.get(INDEX))


def test_engines_are_offered_where_there_is_a_choice(client, benchmark_rows, settings):
    # Catches a choice of one, and an alias that is taken unseen.
    assert 'name="engine"' not in html(client.get(INDEX))
    settings.SEARCH_ENGINES = {"default": {"BACKEND": ENGINE}, "second": {"BACKEND": ENGINE}}
    assert 'name="engine"' in html(client.get(INDEX))
    assert client.post(INDEX, asked(benchmark_rows, engine="third")).status_code == 400
    client.post(INDEX, asked(benchmark_rows, engine="second"))
    assert EvaluationRun.objects.get().engine == "second"


def test_runs_are_sorted_by_the_address(client, benchmark_rows):
    # Catches an order that is only shown, and runs without a number before those with one.
    runs = [bare(benchmark_rows, mean_ap=mean) for mean in (0.2, None, 0.9, 0.5)]
    one, two, three, four = (run.pk for run in runs)
    assert listed(client.get(INDEX)) == [four, three, two, one]
    assert listed(client.get(INDEX, {"sort": "map"})) == [one, four, three, two]
    response = client.get(INDEX, {"sort": "-map"})
    assert listed(response) == [three, four, one, two]
    assert 'aria-sort="descending"><a href="?sort=map">' in html(response)
    for nonsense in ("--map", "names_data", "benchmark__collection", "\x00", "-"):
        assert listed(client.get(INDEX, {"sort": nonsense})) == [four, three, two, one]


def test_runs_are_listed_page_by_page(client, benchmark_rows):
    # Catches a list that stops, and a sort order that is lost on the second page.
    pks = [bare(benchmark_rows).pk for _run in range(27)]
    first, second = (client.get(INDEX, {"sort": "run", "page": page}) for page in (1, 2))
    assert listed(first) + listed(second) == pks
    assert "sort=run&amp;page=2" in html(first)
    assert listed(client.get(INDEX, {"page": "x"})) == pks[::-1][:25]
    assert listed(client.get(INDEX, {"page": "99"})) == pks[:2][::-1]


def test_the_list_reads_no_rankings(client, benchmark_rows):
    # Catches a list that loads megabytes a row.
    evaluated(benchmark_rows)
    assert heavy_columns_read(client, INDEX) == set()


def test_a_run_without_a_mean_has_a_word_instead_of_a_number(client, benchmark_rows):
    # Catches a missing number that looks like a 0.
    bare(benchmark_rows)
    response = client.get(INDEX)
    assert '<span class="muted">none</span>' in html(response)
    assert "0.0000" not in text(response)
