"""The Work page: what goes on, what waits, and what was done."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from . import asking
from .ending import settle_lost
from .models import Job, Worker
from .room import all_rooms
from .tasks import does_at_once

PAGE_SIZE = 25


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """All work that the user may see."""
    settle_lost()
    # What came of each is on its own page, and may be long.
    ended = Job.objects.visible_to(request.user).ended().select_related("asked_by")
    context = under_way(request) | {
        "rooms": all_rooms() if request.user.has_perm("work.view_job") else [],
        "page": Paginator(ended.defer("outcome"), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return unkept(render(request, "work/index.html", context))


@require_safe
@login_required
def progress(request: HttpRequest) -> HttpResponse:
    """What goes on, for htmx; once something of what it showed has ended, the whole page again."""
    shown = under_way(request)
    before = set(request.GET.get("shown", "").split(","))
    now = {str(job.pk) for job in shown["jobs"]}
    if before - now - {""}:
        return HttpResponseClientRefresh()
    return unkept(render(request, "work/_under_way.html", shown))


@require_safe
@login_required
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: how far it is, or what came of it."""
    settle_lost()
    return unkept(render(request, "work/job.html", about(request, visible(request, pk))))


@require_safe
@login_required
def job_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a job is, for htmx; once it has ended, its result, or the whole page again."""
    settle_lost()
    found = visible(request, pk)
    if found.result_address:
        return HttpResponseClientRedirect(found.result_address)
    if not found.is_under_way:
        return HttpResponseClientRefresh()
    return unkept(render(request, "work/_progress.html", about(request, found)))


@require_POST
@login_required
def cancel_job(request: HttpRequest, pk: int) -> HttpResponse:
    found = changeable(request, pk)
    asking.cancel(job=found)
    return redirect(found)


@require_POST
@login_required
def continue_job(request: HttpRequest, pk: int) -> HttpResponse:
    found = changeable(request, pk)
    if not found.can_be_continued:
        return redirect(found)
    return redirect(asking.continue_job(job=found, user=request.user))


def under_way(request: HttpRequest) -> dict:
    jobs = Job.objects.visible_to(request.user).in_turn().select_related("asked_by", "worker")
    return {"jobs": jobs, "waits_for_nobody": waits_for_nobody()}


def about(request: HttpRequest, found: Job) -> dict:
    return {
        "job": found,
        "may_change": may_change(request, found),
        "waits_for_nobody": waits_for_nobody(),
    }


def waits_for_nobody() -> bool:
    """Tell whether what waits has no worker to do it."""
    return not does_at_once() and not Worker.objects.present().exists()


def visible(request: HttpRequest, pk: int) -> Job:
    jobs = Job.objects.visible_to(request.user).select_related("asked_by", "worker")
    return get_object_or_404(jobs, pk=pk)


def may_change(request: HttpRequest, found: Job) -> bool:
    own = found.asked_by_id is not None and found.asked_by_id == request.user.pk
    return own or request.user.has_perm("work.change_job")


def changeable(request: HttpRequest, pk: int) -> Job:
    found = visible(request, pk)
    if not may_change(request, found):
        raise PermissionDenied
    return found


def unkept(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, no_store=True, private=True)
    return response
