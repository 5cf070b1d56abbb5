"""Progress of long commands: a bar on a terminal, plain lines elsewhere."""

import time
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TextIO

from django.core.management.base import OutputWrapper
from tqdm import tqdm

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Shows how many of `total` are done, how many a second, and how long it will take.

    Without a `total`, no time is foretold. On a terminal a tqdm bar; otherwise a line every few
    seconds and one at the end; nothing with `verbosity` 0. Use as a context manager and call
    `advance()`, and `aside()` around what else is written meanwhile.
    """

    def __init__(
        self,
        *,
        total: int | None = None,
        unit: str,
        stream: TextIO | OutputWrapper,
        verbosity: int = 1,
        done: int = 0,
    ) -> None:
        # A command's stdout and stderr add a newline to whatever a bar writes.
        stream = getattr(stream, "_out", stream)
        self.total, self.unit, self.stream = total, unit, stream
        self.count = done
        self.quiet = verbosity < 1
        self.started = self.last_line = time.monotonic()
        self.bar: tqdm | None = None
        if not self.quiet and stream.isatty():
            self.bar = tqdm(
                total=total, initial=done, unit=f" {unit}", file=stream, dynamic_ncols=True
            )

    def __enter__(self) -> "Progress":
        return self

    def advance(self, number: int = 1) -> None:
        self.count += number
        if self.bar is not None:
            self.bar.update(number)
        elif not self.quiet and time.monotonic() - self.last_line >= SECONDS_BETWEEN_LINES:
            self.last_line = time.monotonic()
            self.write_line()

    def aside(self) -> AbstractContextManager:
        """Within this, other output does not tear the bar."""
        return nullcontext() if self.bar is None else tqdm.external_write_mode(file=self.stream)

    def write_line(self) -> None:
        elapsed = time.monotonic() - self.started
        rate = self.count / elapsed if elapsed > 0 else 0.0
        speed = f"{self.unit}, {rate:.1f} {self.unit}/s"
        if self.total is None:
            self.stream.write(f"{self.count} {speed}\n")
        else:
            remaining = (self.total - self.count) / rate if rate else 0.0
            self.stream.write(f"{self.count}/{self.total} {speed}, {remaining:.0f} s left\n")
        self.stream.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
        elif not self.quiet and self.count:
            self.write_line()
