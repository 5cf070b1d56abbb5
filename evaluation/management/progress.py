"""How far the describing of query pictures is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from django.utils.translation import gettext as _

from catalog.management.progress import Progress


@contextmanager
def lazy_progress(stream: TextIO, verbosity: int) -> Iterator[Callable[[int, int], None]]:
    """Give a callback (done, total) that shows progress once there is something to do.

    Another total, as of another descriptor's queries, begins another bar.
    """
    shown: list[Progress] = []

    def on_progress(done: int, total: int) -> None:
        if shown and shown[-1].total != total:
            shown.pop().close()
        if not shown:
            unit = _("query pictures")
            shown.append(
                Progress(total=total, unit=unit, stream=stream, verbosity=verbosity, done=done)
            )
        shown[0].advance(done - shown[0].count)

    try:
        yield on_progress
    finally:
        for progress in shown:
            progress.close()
