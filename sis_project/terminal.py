"""What is written to a terminal, a pipe or a log: never ends in an error for want of a letter."""

import io
import logging
import sys

from catalog.names import printable


def mend_streams() -> None:
    """Let standard output and error write what their encoding lacks as escapes, such as `\\u1ee9`.

    Terminals under cp1252, ASCII or the C locale have no Vietnamese; the work of an hour must not
    be lost to its report.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class OneLineFormatter(logging.Formatter):
    """Log lines whose message is one line and shows what is hidden in it: it may quote a name."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = printable(record.message)
        return super().formatMessage(record)
