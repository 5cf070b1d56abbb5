"""Pages shown where something is wrong: in both languages, without database, storage or session."""

import logging
import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.names import printable
from catalog.trouble import trouble_in_words
from catalog.trouble.database import DATABASE_ERRORS, Trouble, as_djangos, trouble_of
from catalog.trouble.reasons import of_storage

logger = logging.getLogger(__name__)

RETRY_AFTER = 30  # seconds
# What was asked is to blame, not the database.
ASKED_TOO_MUCH = {Trouble.TOO_MUCH, Trouble.BAD_VALUE}
# A mistake of ours, which must look like one.
MISTAKES = {Trouble.UNKNOWN, Trouble.CONFLICT}
# What Django raises where the database is to blame, whatever it says.
NOT_OURS = (OperationalError, InterfaceError)


def refused(request: HttpRequest) -> HttpResponse:
    """Answer a request that no page can do anything with."""
    return HttpResponse(render_to_string("400.html"), status=400)


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Answer where a database, a disk or a storage raised `error`; None for all other errors.

    The page says which of them; the log says what is the matter with it.
    """
    if error is not None and isinstance(error := as_djangos(error), DATABASE_ERRORS):
        trouble = trouble_of(error)
        if trouble in MISTAKES and not isinstance(error, NOT_OURS):
            return None
        note(request, error)
        if trouble in ASKED_TOO_MUCH:
            return refused(request)
        return unavailable_page(_("The database cannot be used at the moment."))
    if isinstance(error, OverflowError) and "SQLite" in str(error):
        return refused(request)  # a number of an address, larger than any row's
    if isinstance(error, Exception) and of_storage(error):
        note(request, error)
        return unavailable_page(_("The storage of the pictures cannot be used at the moment."))
    return None


def note(request: HttpRequest, error: Exception) -> None:
    """Write to the log what is the matter, in the server's language, and the library's own text."""
    with translation.override(settings.LANGUAGE_CODE):
        told = trouble_in_words(error)
    logger.error("%s: %s [%r]", printable(request.path), told, error.__cause__ or error)


def unavailable_page(what: str) -> HttpResponse:
    page = render_to_string("503.html", {"what": what})
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return HttpResponse(page, status=503, headers=headers)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of what nobody caught, such as an error of a middleware's own."""
    answer = unavailable(request, sys.exc_info()[1])
    return answer or HttpResponse(render_to_string("500.html"), status=500)
