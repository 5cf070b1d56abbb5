"""The turns of uploads, as pages take them and show them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from .turns import TooManyWaiting, Turns

# Of this process.
turns = Turns(at_once=settings.SIS_UPLOADS_AT_ONCE, most_waiting=settings.SIS_UPLOADS_WAITING)
# An upload takes a second or so, of which each core does one.
SECONDS_EACH = 1

View = Callable[..., HttpResponse]


def in_turn(view: View) -> View:
    """Let what is sent wait for its turn; what is only asked for does not wait."""

    @wraps(view)
    def waiting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        try:
            with own_turn(request):
                return view(request, *args, **kwargs)
        except TooManyWaiting as error:
            response = render(
                request, "search/problem.html", {"problem": in_words(error)}, status=503
            )
            response["Retry-After"] = str(seconds_until_room(error))
            patch_cache_control(response, no_store=True)
            return response

    return waiting


@contextmanager
def own_turn(request: HttpRequest) -> Iterator[None]:
    """Wait for this request's turn, without a connection to the database, of which pages need
    theirs. Raises `TooManyWaiting`."""
    ticket = ticket_of(request)
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
    with turns.turn(ticket):
        yield


def ticket_of(request: HttpRequest) -> str:
    """Return what the page's script calls this upload, so that it can ask for its place.

    Nobody can take somebody else's: the name has another one, of this server's, at its end.
    """
    try:
        return f"{UUID(request.POST.get('ticket', ''))}/{uuid4().hex}"
    except ValueError:
        return uuid4().hex


def in_words(error: TooManyWaiting) -> str:
    text = ngettext(
        "%(number)d upload waits for its turn already. Try again in %(seconds)d s.",
        "%(number)d uploads wait for their turn already. Try again in %(seconds)d s.",
        error.number,
    )
    return text % {"number": error.number, "seconds": seconds_until_room(error)}


def seconds_until_room(error: TooManyWaiting) -> int:
    return max(1, error.number * SECONDS_EACH // turns.at_once)


@require_safe
def place(request: HttpRequest, ticket: UUID) -> JsonResponse:
    """How many uploads are before this one, in numbers and in words."""
    before = turns.before(str(ticket))
    response = JsonResponse({"before": before, "told": "" if before is None else told(before)})
    patch_cache_control(response, no_store=True)
    return response


def told(before: int) -> str:
    """Say how many have their turn before somebody."""
    if before == 0:
        return _("Your turn is next …")
    text = ngettext("Waiting: %(number)d before you …", "Waiting: %(number)d before you …", before)
    return text % {"number": before}
