"""Ctrl-C that finishes the step in hand instead of tearing it apart."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

EXIT_INTERRUPTED = 130


def interrupted() -> CommandError:
    """Return what a command raises that was asked to stop, and goes on when it is run again."""
    return CommandError(
        _("Interrupted: run the command again to do the rest."), returncode=EXIT_INTERRUPTED
    )


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Give an event that the first SIGINT or SIGTERM sets; a second one acts as usual.

    Long work looks at the event between batches. Outside the main thread, where Python allows no
    signal handlers, the event is simply never set.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in signals:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
