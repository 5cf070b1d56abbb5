"""The one task: do a job. What carries it there is Django's task interface."""

from django_tasks import task, task_backends
from django_tasks.backends.immediate import ImmediateBackend

from .running import run_job


@task()
def do_job(job_id: int) -> None:
    """Do a job that waits; nothing for one that is gone, taken, or ended already."""
    if run_job(pk=job_id):
        do_job.enqueue(job_id=job_id)


def does_at_once() -> bool:
    """Tell whether tasks are done by whoever asks, before the answer."""
    return isinstance(task_backends["default"], ImmediateBackend)
