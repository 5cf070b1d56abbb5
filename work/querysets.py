"""Reads of jobs and workers."""

import os
import socket
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .kinds import hiders

# A worker says every `BEAT` that it is there.
BEAT = timedelta(seconds=5)
LOST_AFTER = timedelta(seconds=60)
# Where a job is done by the process that serves the page, nothing but its progress tells.
LOST_WITHOUT_WORKER = timedelta(minutes=15)


class WorkerQuerySet(models.QuerySet):
    def present(self) -> Self:
        return self.filter(seen_at__gte=timezone.now() - LOST_AFTER)

    def gone_from_here(self) -> list[int]:
        """Keys of this machine's workers whose processes have ended.

        One that was seen within three beats is left out: it may be another machine of this name.
        """
        silent = timezone.now() - 3 * BEAT
        here = self.filter(host=socket.gethostname(), seen_at__lt=silent)
        return [pk for pk, process in here.values_list("pk", "process") if not exists(process)]


def exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class JobQuerySet(models.QuerySet):
    def under_way(self) -> Self:
        return self.filter(state__in=("queued", "running"))

    def ended(self) -> Self:
        return self.exclude(state__in=("queued", "running"))

    def lost(self, gone: list[int]) -> Self:
        """Running ones whose process is gone: its worker is in `gone`, or silent for too long."""
        now = timezone.now()
        silent = Q(worker__in=gone) | Q(worker__seen_at__lt=now - LOST_AFTER)
        alone = Q(worker=None, noted_at__lt=now - LOST_WITHOUT_WORKER)
        return self.filter(silent | alone, state="running")

    def visible_to(self, user: Any) -> Self:
        """Those that a user may see: with the permission all, otherwise one's own; none that is
        about something that the user does not see."""
        if not user.is_authenticated:
            return self.none()
        found = self.not_hidden_from(user)
        return found if user.has_perm("work.view_job") else found.filter(asked_by=user)

    def not_hidden_from(self, user: Any) -> Self:
        """Those about what this user sees, as apps above know."""
        found = self
        for hider in hiders:
            if (hidden := hider(user)) is not None:
                # By number: what an argument is not there for would be excluded, too.
                found = found.exclude(
                    pk__in=self.model._default_manager.filter(hidden).values("pk")
                )
        return found

    def in_turn(self) -> Self:
        """Those under way, what runs first, then what waits, oldest first."""
        return self.under_way().order_by(F("started_at").asc(nulls_last=True), "created_at", "pk")
