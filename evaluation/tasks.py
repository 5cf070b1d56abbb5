"""Long work through Django's task interface: by a worker, or at once where the settings say so.

The row of a run or a trial tells its state, so that a page needs nothing of the task back end.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.backends.immediate import ImmediateBackend

from catalog.models import Collection
from work.running import leaving

from .models import Benchmark, EvaluationRun, RecipeTrial
from .models.runs import STALLED_AFTER
from .querysets import RunQuerySet, TrialQuerySet
from .runs.runner import EvaluationError, EvaluationInterrupted, execute_run, new_run
from .trials.measuring import TrialInterrupted
from .trials.running import TrialError, execute_trial, new_trial

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
        execute_run(run=run, should_stop=leaving.is_set)
    except EvaluationInterrupted:
        evaluate_run.enqueue(run_id=run_id)
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


@task()
def try_recipes(trial_id: int) -> None:
    """Do a queued trial. What goes wrong is written to its row; a deleted trial is skipped."""
    trial = RecipeTrial.objects.select_related("collection").filter(pk=trial_id).first()
    if trial is None:
        return
    try:
        execute_trial(trial=trial, should_stop=leaving.is_set)
    except TrialInterrupted:
        try_recipes.enqueue(trial_id=trial_id)
    except TrialError as error:
        logger.info("trial %s cannot be done: %s", trial_id, error)


def enqueue_trial(**asked: Any) -> RecipeTrial:
    """Store a queued trial and enqueue it; takes `new_trial`'s arguments and raises as it does.

    As `enqueue_evaluation`, it starts no second one while the same waits or runs.
    """
    trial = new_trial(**asked)
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=trial.collection.pk)
        same = trials_under_way().like(trial).first()
        if same is not None:
            return same
        trial.save()
    try_recipes.enqueue(trial_id=trial.pk)
    trial.refresh_from_db()
    return trial


def under_way() -> RunQuerySet:
    """Runs that wait or go on. One whose worker no longer responds does not; what waits for a
    worker may wait long, but where tasks are done at once it belongs to a killed process.
    """
    heard, queued = alive_since(evaluate_run.get_backend())
    return EvaluationRun.objects.under_way(heard_since=heard, queued_since=queued)


def trials_under_way() -> TrialQuerySet:
    """Trials that wait or go on, as `under_way`."""
    heard, queued = alive_since(try_recipes.get_backend())
    return RecipeTrial.objects.under_way(heard_since=heard, queued_since=queued)


def alive_since(backend: BaseTaskBackend) -> tuple[datetime, datetime | None]:
    """Return since when a worker must have responded, and what waits must have been asked for."""
    now = timezone.now()
    immediate = isinstance(backend, ImmediateBackend)
    return now - STALLED_AFTER, now - LOST_AFTER if immediate else None
