"""What is logged, and how a line of it looks: each request once, with its number and how long it
took (django-structlog), and no line a thousand times.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any, cast

import structlog

from .terminal import OneLineFormatter

# Of one text, in a minute.
MOST_ALIKE = 20
SECONDS_ALIKE = 60.0
FORMATS = ("plain", "json")


class FloodFilter(logging.Filter):
    """Lets pass at most `MOST_ALIKE` lines of one text (before its values are put in) a minute, and
    says of the next one after that how many were left out."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, dict):
            return True  # one for each request
        key, now = (record.name, str(record.msg)), time.monotonic()
        since, number = self.seen.get(key, (now, 0))
        if now - since < SECONDS_ALIKE:
            self.seen[key] = since, number + 1
            return number < MOST_ALIKE
        if len(self.seen) > 1000:
            self.seen.clear()
        self.seen[key] = now, 1
        if (left_out := number - MOST_ALIKE) > 0:
            record.msg = f"{record.getMessage()} [{left_out} lines like this one were left out]"
            record.args = ()
        return True


class PlainFormatter(OneLineFormatter):
    """A line for readers; what structlog knows besides comes at its end as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, dict):
            record = logging.makeLogRecord(record.__dict__)
            more: dict[str, Any] = dict(cast(Mapping[str, Any], record.msg))
            event = more.pop("event", "")
            # The trace is in the line of Django's own.
            hidden = ("logger", "level", "timestamp", "exc_info")
            told = " ".join(f"{key}={value}" for key, value in more.items() if key not in hidden)
            record.msg, record.args = f"{event} {told}", ()
        elif request := structlog.contextvars.get_contextvars().get("request_id"):
            record = logging.makeLogRecord(record.__dict__)
            record.msg, record.args = f"{record.getMessage()} request_id={request}", ()
        return super().format(record)


def logging_settings(*, style: str, level: str, requests: bool) -> dict[str, Any]:
    """Return Django's LOGGING: `style` is one of `FORMATS`; `requests`: a line for each."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    json = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        "foreign_pre_chain": shared,
    }
    plain = {
        "()": "sis_project.logs.PlainFormatter",
        "format": "{asctime} {levelname} {name}: {message}",
        "style": "{",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"flood": {"()": "sis_project.logs.FloodFilter"}},
        "formatters": {"plain": plain, "json": json},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": style, "filters": ["flood"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # What is wrong with a picture is reported by name, not by the decoder's own lines;
            # that a database is away once for each page, not for each of a pool's attempts.
            **{name: {"level": "CRITICAL"} for name in ("PIL", "tifffile", "psycopg.pool")},
            "django_structlog": {"level": "INFO" if requests else "WARNING"},
        },
    }
