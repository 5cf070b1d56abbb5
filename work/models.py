"""Long work as rows: what was asked for, how far it is, how it ended; and who does it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from .kinds import Kind, Told, kinds
from .querysets import JobQuerySet, WorkerQuerySet

# Too little of it is done for an estimate.
FIRST_ESTIMATE = timedelta(seconds=2)


class State(models.TextChoices):
    """`stopped`: its process ended without a word, or was killed."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("in progress")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    STOPPED = "stopped", _("stopped")


UNDER_WAY = (State.QUEUED, State.RUNNING)


class Worker(models.Model):
    """A process that does jobs, or did; `seen_at` is when it last said that it is there."""

    host = models.CharField(_("machine"), max_length=255)
    process = models.PositiveIntegerField(_("process"))
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return f"{self.host} #{self.process}"


class Job(models.Model):
    """One piece of long work, of a kind in `kinds`.

    `key` is the same for jobs that would do the same; the database lets one of them wait or run.
    `noted_at` is when the process that does it last wrote here. `outcome` is what the kind returned
    and `error` why it ended without. `language` is that of who asked; `error` is in it.
    """

    kind = models.CharField(_("kind"), max_length=50)
    arguments = models.JSONField(_("arguments"), default=dict)
    key = models.CharField(max_length=64, editable=False)
    state = models.CharField(
        _("state"), max_length=9, choices=State.choices, default=State.QUEUED, db_index=True
    )
    step = models.CharField(_("step"), max_length=200, blank=True)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("in all"), default=0)
    outcome = models.JSONField(_("outcome"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)
    language = models.CharField(max_length=10, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    worker = models.ForeignKey(
        Worker, models.SET_NULL, null=True, related_name="jobs", verbose_name=_("worker")
    )
    cancel_asked_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    counted_from = models.DateTimeField(null=True, editable=False)
    noted_at = models.DateTimeField(_("last sign of life"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=UNDER_WAY), name="work_job_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("work:job", args=[self.pk])

    @property
    def known(self) -> Kind | None:
        """Its kind; None where the release that knew it is gone."""
        return kinds.get(self.kind)

    @property
    def title(self) -> str:
        return self.known.title(self.arguments) if self.known else self.kind

    @property
    def result_address(self) -> str:
        """Where its outcome is seen; empty where there is none."""
        if self.known is None or not self.outcome:
            return ""
        return self.known.address(self.arguments, self.outcome)

    @property
    def told(self) -> Sequence[Told]:
        """What came of it, in the reader's words."""
        return self.known.tell(self.outcome) if self.known and self.outcome else []

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def is_being_cancelled(self) -> bool:
        return self.state == State.RUNNING and self.cancel_asked_at is not None

    @property
    def can_be_continued(self) -> bool:
        ended = self.state in (State.STOPPED, State.FAILED, State.CANCELLED)
        return ended and self.known is not None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the rate so far; None where none can be given."""
        if self.state != State.RUNNING or not self.done or self.counted_from is None:
            return None
        taken = (self.noted_at or timezone.now()) - self.counted_from
        if taken < FIRST_ESTIMATE:
            return None
        return taken.total_seconds() / self.done * max(0, self.total - self.done)

    @property
    def duration(self) -> timedelta | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at

    def word_of_end(self) -> str:
        """Why it ended without a result, in one sentence."""
        if self.state == State.CANCELLED:
            return say("It was cancelled.")
        return self.error


def key_of(kind: str, arguments: Mapping[str, Any]) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of a kind with its arguments."""
    text = json.dumps([kind, arguments], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
