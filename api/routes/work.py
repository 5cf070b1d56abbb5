"""Jobs: long work, such as extracting features."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from work.asking import cancel
from work.models import Job

from ..callers import need_account
from ..problems import Problem
from ..schemas import Page, PageNumber, RowNumber, page_of

router = Router(tags=["work"])
PAGE_SIZE = 30


class JobOut(Schema):
    id: int
    kind: str
    title: str
    state: str
    done: int
    total: int
    error: str
    outcome: dict[str, Any]
    result: str
    created_at: datetime


class JobsOut(Page):
    jobs: list[JobOut]


def job_out(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "kind": job.kind,
        "title": str(job.title),
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "error": job.error,
        "outcome": job.outcome,
        "result": job.result_address,
        "created_at": job.created_at,
    }


@router.get("/", response={200: JobsOut}, url_name="jobs")
def jobs(request: HttpRequest, page: PageNumber = 1) -> dict[str, Any]:
    """Your jobs, or all with the permission `work.view_job`; the latest first. Needs a token."""
    need_account(request)
    rows = Job.objects.visible_to(request.user).order_by("-created_at", "-pk")
    found, told = page_of(rows, number=page, size=PAGE_SIZE)
    return told | {"jobs": [job_out(job) for job in found]}


@router.get("/{job_id}/", response={200: JobOut})
def job(request: HttpRequest, job_id: RowNumber) -> dict[str, Any]:
    """One job."""
    return job_out(visible(request, job_id))


@router.post(
    "/{job_id}/cancel/",
    response={200: JobOut},
)
def cancel_job(request: HttpRequest, job_id: RowNumber) -> dict[str, Any]:
    """End a job: at once where it waits, else after its current step. What is done stays done."""
    found = visible(request, job_id)
    if found.asked_by_id != request.user.pk and not request.user.has_perm("work.change_job"):
        raise Problem(403, _("Only whoever asked for this job may cancel it."))
    cancel(job=found)
    found.refresh_from_db()
    return job_out(found)


def visible(request: HttpRequest, number: int) -> Job:
    need_account(request)
    found = Job.objects.visible_to(request.user).filter(pk=number).first()
    if found is None:
        raise Http404
    return found
