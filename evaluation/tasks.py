"""Evaluations through Django's task interface: at once by default, on a worker where there is one.

The run's own row tells its state, so that a page needs nothing of the task back end.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks.backends.immediate import ImmediateBackend

from .models import Benchmark, EvaluationRun
from .models.runs import STALLED_AFTER
from .querysets import RunQuerySet
from .runs.runner import EvaluationError, execute_run, new_run

# Where tasks are done at once, a run waits no longer than between two statements.
LOST_AFTER = timedelta(minutes=1)

logger = logging.getLogger(__name__)


@task()
def evaluate_run(run_id: int) -> None:
    """Do a queued run. What goes wrong is written to its row; a deleted run is skipped."""
    run = EvaluationRun.objects.filter(pk=run_id).first()
    if run is None:
        return
    try:
        execute_run(run=run)
    except EvaluationError as error:
        logger.info("run %s cannot be done: %s", run_id, error)


def enqueue_evaluation(**asked: Any) -> EvaluationRun:
    """Store a queued run and enqueue it; takes `new_run`'s arguments and raises as it does.

    Where the same evaluation is waiting or running already, that run is returned, and no other is
    started: of any number of clicks at once, one starts a run. Otherwise returns the run as it is
    afterwards: finished already where tasks are done at once.
    """
    run = new_run(**asked)
    with transaction.atomic():
        # Whoever else asks for a run of this benchmark waits here, and then finds this one.
        Benchmark.objects.select_for_update().get(pk=run.benchmark.pk)
        same = under_way().like(run).first()
        if same is not None:
            return same
        run.save()
    evaluate_run.enqueue(run_id=run.pk)
    run.refresh_from_db(fields=["status", "progress_done", "progress_total", "error"])
    return run


def under_way() -> RunQuerySet:
    """Runs that wait or go on. One whose worker no longer responds does not; what waits for a
    worker may wait long, but where tasks are done at once it belongs to a killed process.
    """
    now = timezone.now()
    immediate = isinstance(evaluate_run.get_backend(), ImmediateBackend)
    return EvaluationRun.objects.under_way(
        heard_since=now - STALLED_AFTER, queued_since=now - LOST_AFTER if immediate else None
    )
