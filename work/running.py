"""Does one job: takes it, keeps its row in step, and ends it."""

import logging
import time
from contextvars import ContextVar
from threading import Event

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .ending import end
from .kinds import Interrupted, JobFailed, Kind, explainers
from .models import Job, State, Worker

logger = logging.getLogger(__name__)

# Between two writes of how far a job is.
SECONDS_BETWEEN_NOTES = 1.0

# Set by the process that does jobs all the time; empty where a page does one itself.
this_worker: ContextVar[Worker | None] = ContextVar("this_worker", default=None)
# Set when that process is asked to end: what it does is put back, for the next one.
leaving = Event()


class Noted:
    """A job's progress, kept in its row; asks there whether the job was cancelled."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.last_note = self.last_look = 0.0
        self.cancelled = False

    @property
    def number(self) -> int:
        return self.job.pk

    def note(self, done: int, total: int, step: str = "") -> None:
        now = time.monotonic()
        new = step != self.job.step or total != self.job.total or not self.job.counted_from
        if new:
            self.job.counted_from = timezone.now()
        elif now - self.last_note < SECONDS_BETWEEN_NOTES:
            return
        self.last_note = now
        self.job.step, self.job.done, self.job.total = step[:200], done, total
        self.job.noted_at = timezone.now()
        self.job.save(update_fields=["step", "done", "total", "noted_at", "counted_from"])

    def should_stop(self) -> bool:
        if leaving.is_set() or self.cancelled:
            return True
        now = time.monotonic()
        if now - self.last_look >= SECONDS_BETWEEN_NOTES:
            self.last_look = now
            # A row that was deleted or called stopped meanwhile is not to be gone on with either.
            wanted = Job.objects.filter(pk=self.job.pk, state=State.RUNNING, cancel_asked_at=None)
            self.cancelled = not wanted.exists()
        return self.cancelled


def run_job(*, pk: int) -> bool:
    """Do a queued job to its end, whatever that is. Returns at once where another has taken it.

    Returns whether it waits again, for the next worker, because this one was asked to end.
    """
    now = timezone.now()
    taken = {"state": State.RUNNING, "started_at": now, "noted_at": now}
    taken |= {"worker": this_worker.get(), "done": 0, "total": 0, "step": "", "counted_from": None}
    if not Job.objects.filter(pk=pk, state=State.QUEUED).update(**taken):
        return False
    job = Job.objects.get(pk=pk)
    with translation.override(job.language or None):
        return carry_out(job)


def carry_out(job: Job) -> bool:
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING)
    progress = Noted(job)
    try:
        if job.known is None:
            raise JobFailed(_("This release does not know this kind of work."))
        outcome = run(job.known, job, progress)
    except Interrupted:
        if leaving.is_set() and not progress.cancelled:
            queued = {"state": State.QUEUED, "worker": None, "started_at": None}
            return bool(mine.update(**queued))
        end(mine, State.CANCELLED)
    except JobFailed as error:
        end(mine, State.FAILED, error=str(error))
    except Exception as error:
        logger.exception("Job %d failed.", job.pk)
        end(mine, State.FAILED, error=explained(error))
    except BaseException:
        end(mine, State.STOPPED, error=_("The process that did it was ended."))
        raise
    else:
        end(mine, State.DONE, outcome=outcome, done=job.total, total=job.total)
    return False


def explained(error: Exception) -> str:
    """Say what happened in words that some app has for it."""
    for explain in explainers:
        if words := explain(error):
            return words
    return _("Something unexpected happened. The server's log says more.")


def run(kind: Kind, job: Job, progress: Noted) -> dict:
    outcome = kind.run(job.arguments, progress)
    job.total = max(job.total, job.done)
    return outcome
