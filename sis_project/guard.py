"""What no page can do anything with is refused before any page sees it, in one place.

And what databases, disks and storages raise while a page is made becomes a page that says so
(`error_pages`).
"""

import codecs
from collections.abc import Callable

from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.files.uploadhandler import StopUpload
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from catalog.files.patience import FORM, PAGE, patience_of

from .error_pages import refused, unavailable

# What forms are sent in. A codec such as `hex` turns text into something that is none, and UTF-7
# into half characters, which no database takes.
CHARSETS = frozenset({"utf-8", "ascii"})

# The administration makes a condition of each word that is searched for: thousands take a minute.
MOST_WORDS = 100

Answer = Callable[[HttpRequest], HttpResponse]


class GuardMiddleware:
    """Answers 400 to what is malformed, and 503 where something outside is away."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with patience_of(PAGE if request.method in ("GET", "HEAD") else FORM):
            if getattr(request, "malformed", False) or not has_known_charset(request):
                return refused(request)
            if len(request.GET.get(SEARCH_VAR, "").split()) > MOST_WORDS:
                return refused(request)
            try:
                malformed = is_malformed_form(request)
            except UnreadablePostError:
                return refused(request)  # the sender is gone
            except OSError as error:  # the disk for temporary files
                return unavailable(request, error) or refused(request)
            return refused(request) if malformed else self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unavailable(request, exception)


def has_known_charset(request: HttpRequest) -> bool:
    charset = (request.content_params or {}).get("charset")
    if charset is None:
        return True
    try:
        return codecs.lookup(charset.strip("\"' ")).name in CHARSETS
    except (LookupError, ValueError):
        return False


def is_malformed_form(request: HttpRequest) -> bool:
    """Read a form, if one was sent, and tell whether it is one.

    Raises `OSError` where the disk takes no upload, and what Django answers by itself.
    """
    if request.method != "POST":
        return False
    request.encoding = "utf-8"
    try:
        request.POST  # noqa: B018 (parses the body, and with it the files)
    except (BadRequest, SuspiciousOperation, MultiPartParserError, StopUpload):
        raise
    except (ValueError, LookupError):
        return True  # headers of a part, or of the body, that mean nothing
    return False
