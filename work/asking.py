"""Asking for a job, cancelling it, continuing one that ended early. Each is done once."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from .ending import end
from .models import UNDER_WAY, Job, State, key_of
from .tasks import do_job, does_at_once


def ask_for(*, kind: str, arguments: Mapping[str, Any], user: Any = None) -> Job:
    """Return the job that does this: the one that waits or runs already, or a new one.

    A new one is enqueued; where tasks are done at once it is finished when this returns.
    """
    key = key_of(kind, arguments)
    while True:
        if same := Job.objects.under_way().filter(key=key).first():
            return same
        job = Job(kind=kind, arguments=dict(arguments), key=key, language=get_language() or "")
        job.asked_by = user if user is not None and user.is_authenticated else None
        try:
            return start(job)
        except IntegrityError:
            if not Job.objects.under_way().filter(key=key).exists():
                raise  # not the rule that lets one of a kind wait or run


def start(job: Job) -> Job:
    with transaction.atomic():
        job.save()
        if not does_at_once():
            # In one transaction: no job without a task that does it.
            do_job.enqueue(job_id=job.pk)
    if does_at_once():
        do_job.enqueue(job_id=job.pk)
        job.refresh_from_db()
    return job


def cancel(*, job: Job) -> None:
    """End a job: at once where it waits, else as soon as its current step is done."""
    if end(Job.objects.filter(pk=job.pk, state=State.QUEUED), State.CANCELLED):
        return
    running = Job.objects.filter(pk=job.pk, state__in=UNDER_WAY, cancel_asked_at=None)
    running.update(cancel_asked_at=timezone.now())


def continue_job(*, job: Job, user: Any = None) -> Job:
    """Ask once more for what a job that ended early was to do; returns the job that does it."""
    return ask_for(kind=job.kind, arguments=job.arguments, user=user)
