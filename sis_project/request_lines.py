"""What the log says of each request beside what django-structlog does."""

import time
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog import signals

from .limits import client_address


def begin() -> None:
    signals.bind_extra_request_metadata.connect(note_beginning)
    signals.bind_extra_request_finished_metadata.connect(note_end)


def note_beginning(request: HttpRequest, **_signal: Any) -> None:
    """Remember when a request began, and bind who sent it."""
    request.META["sis.began"] = time.perf_counter()
    structlog.contextvars.bind_contextvars(ip=client_address(request))


def note_end(
    request: HttpRequest, response: HttpResponse, log_kwargs: dict[str, Any], **_signal: Any
) -> None:
    """Add to the line of a request how long it took, and tell its number to who sent it."""
    if began := request.META.get("sis.began"):
        log_kwargs["seconds"] = round(time.perf_counter() - began, 4)
    response["X-Request-ID"] = structlog.contextvars.get_contextvars().get("request_id", "")
