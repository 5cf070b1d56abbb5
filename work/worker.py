"""A process that does jobs: django-tasks-db's worker, which says that it is there and is left in
order.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker as QueueWorker
from django_tasks_db.models import DBTaskResult

from .ending import settle_lost
from .models import Job, State, Worker
from .querysets import BEAT
from .running import leaving, this_worker
from .tasks import do_job

logger = logging.getLogger(__name__)

# What is older tells nobody anything: the page shows jobs, not how they were carried.
KEPT = timedelta(days=14)
# A job that waits and its task are made within a moment.
FORGOTTEN_AFTER = timedelta(minutes=1)
# What Django raises where a database is to blame.
AWAY = (DatabaseError, InterfaceError)
Done = TypeVar("Done")
# Before the database is asked again.
SECONDS_AFTER_TROUBLE = 2.0


class Pulse(threading.Thread):
    """Says every few seconds that the worker is there, and looks after what others left behind.

    A thread, because a step of a job can take longer than others wait for a sign of life.
    """

    def __init__(self, worker: Worker, on_beat: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.worker, self.on_beat = worker, on_beat
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(BEAT.total_seconds()):
            self.on_beat()
            try:
                Worker.objects.filter(pk=self.worker.pk).update(seen_at=timezone.now())
                settle_lost()
                enqueue_forgotten()
            except AWAY:
                pass  # gone for a while; the next beat tries again
            finally:
                close_old_connections()
        connection.close()


class JobWorker(QueueWorker):
    """The library's loop. Asked to end, it lets the job's current step finish and puts the job
    back; asked again, it ends at once. `with_parent`: it ends as well when the process that
    started it is gone, which a killed one cannot ask for.
    """

    def __init__(self, *, until_empty: bool = False, with_parent: bool = False) -> None:
        self.parent = os.getppid() if with_parent else None
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=1.0,
            batch=until_empty,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{socket.gethostname()}-{os.getpid()}"[-64:],
        )

    def shutdown(self, signum: int, frame: Any) -> None:
        if not self.running_task:
            raise SystemExit(0)
        if leaving.is_set():
            raise SystemExit(1)
        self.leave()

    def leave(self) -> None:
        leaving.set()
        self.running = False

    def leave_with_parent(self) -> None:
        if self.parent is not None and os.getppid() != self.parent:
            self.leave()

    def run(self) -> None:
        row = patiently(begin)
        this_worker.set(row)
        pulse = Pulse(row, self.leave_with_parent)
        pulse.start()
        try:
            patiently(super().run)
        finally:
            pulse.stopped.set()
            pulse.join()
            with suppress(*AWAY):  # others find that its process is gone
                row.delete()


def patiently(do: Callable[[], Done]) -> Done:
    """Do it, again where the database is away, or locked for longer than anyone waits."""
    while True:
        try:
            return do()
        except AWAY as error:
            logger.warning("The database cannot be used: %s", error)
            connection.close()
            time.sleep(SECONDS_AFTER_TROUBLE)


def begin() -> Worker:
    """Put what was left behind in order, and return the row of this process."""
    settle_lost()
    enqueue_forgotten()
    forget_old()
    return Worker.objects.create(host=socket.gethostname(), process=os.getpid())


def enqueue_forgotten() -> None:
    """Enqueue jobs that wait and have no task, as after a kill between the two."""
    since = timezone.now() - FORGOTTEN_AFTER
    for pk in Job.objects.filter(state=State.QUEUED, created_at__lt=since).values_list(
        "pk", flat=True
    ):
        waiting = DBTaskResult.objects.filter(
            task_path=do_job.module_path,
            status__in=(TaskResultStatus.READY, TaskResultStatus.RUNNING),
            args_kwargs__kwargs__job_id=pk,
        )
        if not waiting.exists():
            do_job.enqueue(job_id=pk)


def forget_old() -> None:
    """Delete the rows of tasks that were carried out, and of workers that are gone, long ago."""
    before = timezone.now() - KEPT
    DBTaskResult.objects.filter(started_at__lt=before).delete()
    Worker.objects.filter(seen_at__lt=before).delete()
