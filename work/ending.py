"""How jobs end: with an outcome or without, and those whose process is gone."""

import logging
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .models import Job, State, Worker
from .querysets import JobQuerySet

logger = logging.getLogger(__name__)


def end(jobs: JobQuerySet, state: State, **fields: Any) -> int:
    """Mark jobs as ended, each only by one process; returns how many.

    The kind of what ended without an outcome is told, in the language of who asked.
    """
    ended = 0
    for job in jobs:
        now = timezone.now()
        mine = jobs.filter(pk=job.pk).update(state=state, finished_at=now, **fields)
        if not mine:
            continue
        ended += 1
        if state != State.DONE and job.known:
            job.refresh_from_db(fields=["state", "error"])
            with translation.override(job.language or None):
                job.known.ended(job.arguments, job.word_of_end())
    return ended


def settle_lost() -> int:
    """Call what a killed process left behind `stopped`; returns how many jobs."""
    gone = Worker.objects.gone_from_here()
    lost = Job.objects.lost(gone)
    found = 0
    for job in lost:
        with translation.override(job.language or None):
            reason = _("The process that did it ended without a word. What was done by then stays.")
        found += end(lost.filter(pk=job.pk), State.STOPPED, error=reason)
    if found:
        logger.warning("%d jobs were left behind by a process that is gone.", found)
    return found
