"""Evaluations through Django's task interface: at once by default, on a worker where there is one.

The run's own row tells its state, so that a page needs nothing of the task back end.
"""

import logging
from typing import Any

from django_tasks import task

from .models import EvaluationRun
from .runs.runner import EvaluationError, create_run, execute_run

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
    """Store a queued run and enqueue it; takes `create_run`'s arguments and raises as it does.

    Returns the run as it is afterwards: finished already where tasks are done at once.
    """
    run = create_run(**asked)
    evaluate_run.enqueue(run_id=run.pk)
    run.refresh_from_db(fields=["status", "progress_done", "progress_total", "error"])
    return run
