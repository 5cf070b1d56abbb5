"""Benchmarks, and runs on them."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status
from pydantic import StrictBool

from evaluation.models import Benchmark, EvaluationRun
from evaluation.reports.exports import topic_as_dict
from evaluation.runs.jobs import ask_for_evaluation
from evaluation.runs.runner import EvaluationError

from ..callers import need
from ..problems import Problem, wrong_field
from ..schemas import Page, PageNumber, RowNumber, page_of
from ..searching import found_recipe
from .work import JobOut, job_out

router = Router(tags=["evaluation"])
PAGE_SIZE = 30
MAY_START = "evaluation.add_evaluationrun"


class BenchmarkOut(Schema):
    id: int
    name: str
    collection: str
    topics: int
    protocols: list[str]


class RunOut(Schema):
    id: int
    benchmark: str
    protocol: str
    recipe: str
    map: float | None
    topics: int
    created_at: datetime
    address: str


class RunsOut(Page):
    runs: list[RunOut]


class RunIn(Schema):
    benchmark: str = Field(max_length=200, description="its name")
    protocol: str = Field("", max_length=50, description="empty: the benchmark's own")
    recipe: str = Field("", max_length=100, description="empty: fc6, the reference")
    crop: StrictBool = Field(True, description="search with the box of each topic")
    exclude_self: StrictBool = Field(False, description="leave out the query's own picture")


@router.get("/benchmarks/", response={200: list[BenchmarkOut]})
def benchmarks(request: HttpRequest) -> list[dict[str, Any]]:
    """The benchmarks whose ground truth is imported."""
    return [
        {
            "id": one.pk,
            "name": one.name,
            "collection": one.collection.slug,
            "topics": one.topics.count(),
            "protocols": [protocol.name for protocol in one.protocols],
        }
        for one in Benchmark.objects.visible_to(request.user).select_related("collection")
    ]


@router.get("/runs/", response={200: RunsOut}, url_name="runs")
def runs(request: HttpRequest, page: PageNumber = 1) -> dict[str, Any]:
    """All runs, the latest first."""
    rows = EvaluationRun.objects.visible_to(request.user).select_related("benchmark")
    found, told = page_of(rows.order_by("-pk"), number=page, size=PAGE_SIZE)
    return told | {"runs": [run_out(run) for run in found]}


@router.post(
    "/runs/",
    response={202: JobOut},
)
def start_run(request: HttpRequest, payload: RunIn) -> Status:
    """Start an evaluation as a job, or find the same one under way.

    Once the job is done its `outcome` has the number of the `run`. Needs the permission
    `evaluation.add_evaluationrun`.
    """
    need(request, MAY_START)
    name = payload.benchmark
    seen = Benchmark.objects.visible_to(request.user)
    benchmark = seen.filter(name=name).first() if "\0" not in name else None
    if benchmark is None:
        text = _("There is no benchmark “%(name)s”.") % {"name": name}
        raise wrong_field("benchmark", text)
    try:
        job = ask_for_evaluation(
            user=request.user,
            benchmark=benchmark,
            protocol=payload.protocol or None,
            crop=payload.crop,
            exclude_self=payload.exclude_self,
            recipe=found_recipe(payload.recipe),
        )
    except EvaluationError as error:
        raise Problem(409, str(error)) from error
    return Status(202, job_out(job))


@router.get("/runs/{run_id}/", response={200: RunOut})
def run(request: HttpRequest, run_id: RowNumber) -> dict[str, Any]:
    """One run and its mAP."""
    return run_out(found_run(request, run_id))


@router.get("/runs/{run_id}/topics/", response={200: list[dict]})
def topics(request: HttpRequest, run_id: RowNumber) -> list[dict[str, Any]]:
    """The results of a run by topic: average precision and what it was counted from."""
    return [topic_as_dict(result) for result in found_run(request, run_id).results.all()]


def found_run(request: HttpRequest, number: int) -> EvaluationRun:
    found = EvaluationRun.objects.visible_to(request.user).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def run_out(run: EvaluationRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "benchmark": run.benchmark.name,
        "protocol": run.protocol,
        "recipe": run.recipe,
        "map": run.mean_ap,
        "topics": run.topics_counted,
        "created_at": run.created_at,
        "address": run.get_absolute_url(),
    }
