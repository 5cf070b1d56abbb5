"""What quickstart still does while it serves: fc6's weights, and the features that take long."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from django.conf import settings

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
    what runs; the next quickstart resumes it. SIGTERM leaves as Ctrl-C does.
    """
    running = Running(choose_weights, extractions)
    before = signal.signal(signal.SIGTERM, leave)
    running.start()
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        running.stop()


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
        program = str(settings.BASE_DIR / "manage.py")
        command = [sys.executable, program, "extract_features", *arguments]
        with self.lock:
            if not self.stopped:
                # Of a session of its own: Ctrl-C on the terminal must not reach it twice.
                self.process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 (ours)
            return None if self.stopped else self.process

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(SECONDS_TO_STOP)
        self.process.kill()
        self.process.wait()
