"""What quickstart still does while it serves: fc6's weights, the features that take long, and what
pages ask for.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from django.conf import settings
from django_tasks import task_backends
from django_tasks_db.backend import DatabaseBackend

from catalog.trouble import trouble_in_words

# For the current batch, after which an extraction stops.
SECONDS_TO_STOP = 30


@contextmanager
def beside(
    choose_weights: Callable[[], None], extractions: Sequence[Mapping[str, str]]
) -> Iterator[None]:
    """Within this, choose the weights on a thread and then extract, in a process at a time.

    A process, because Ctrl-C then lets it finish the current batch, and the pages keep an
    interpreter of their own. `extractions` are options of `extract_features` by name. Leaving ends
    what runs; the next quickstart resumes it. SIGTERM leaves as Ctrl-C does. A worker does what
    pages ask for, unless the settings say that others do.
    """
    running = Running(choose_weights, extractions)
    before = signal.signal(signal.SIGTERM, leave)
    worker = start("worker", "--with-parent", "--verbosity=0") if needs_worker() else None
    running.start()
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        running.stop()
        end(worker)


def needs_worker() -> bool:
    return isinstance(task_backends["default"], DatabaseBackend)


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a command of `manage.py`, of a session of its own: Ctrl-C on the terminal must not
    reach it twice.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603 (ours)


def end(process: subprocess.Popen[bytes] | None) -> None:
    """Ask a process to end, and end it if it does not."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_STOP)
    process.kill()
    process.wait()


def leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Running(threading.Thread):
    """The thread, and the process that it waits for."""

    def __init__(
        self, choose_weights: Callable[[], None], extractions: Sequence[Mapping[str, str]]
    ) -> None:
        # A daemon: a download that is under way does not keep the server from ending.
        super().__init__(daemon=True)
        self.choose_weights, self.extractions = choose_weights, extractions
        self.lock = threading.Lock()
        self.stopped = False
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        try:
            self.choose_weights()
        except Exception as error:
            if (told := trouble_in_words(error)) is None:
                raise
            sys.stderr.write(f"{told}\n")
            return
        for extraction in self.extractions:
            if (process := self.extract(extraction)) is None:
                return
            process.wait()

    def extract(self, options: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
        """Start `extract_features`; None where nothing is to be started any more."""
        arguments = [f"--{name}={value}" for name, value in options.items()]
        with self.lock:
            if not self.stopped:
                self.process = start("extract_features", *arguments)
            return None if self.stopped else self.process

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
        end(self.process)
