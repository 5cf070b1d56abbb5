"""What holds for all addresses of the API, whoever answers: errors are problem details, and HEAD is
answered as GET."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from api.problems import CONTENT_TYPE, Problem, problem_response

BELOW = re.compile(r"/api/")
# What an answer keeps of the one that it stands for.
KEPT = ("Retry-After", "Allow", "WWW-Authenticate", "Cache-Control")


class ApiMiddleware:
    """Turns what the middleware and Django answer to a request for the API into problem details.

    The pages of errors are for people.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not BELOW.match(request.path_info):
            return self.get_response(request)
        response = self.answer(request)
        if response.status_code < 400:
            return response
        if response.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        kept = {name: response[name] for name in KEPT if name in response}
        detail = in_words(response.status_code, kept.get("Retry-After", ""))
        return problem_response(Problem(response.status_code, detail, headers=kept))

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer HEAD as GET, which the library does not; its body is dropped at the end."""
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        try:
            return self.get_response(request)
        finally:
            request.method = "HEAD"


def in_words(status: int, seconds: str) -> str:
    if status == 405:
        return _("This address does not take this method.")
    if status == 404:
        return _("There is nothing at this address.")
    if status == 429:
        return _("Ask again in %(seconds)s seconds.") % {"seconds": seconds}
    if status == 503:
        return _("The database or the storage cannot be used at the moment.")
    if status == 413:
        return _("The request is too large.")
    if status < 500:
        return _("The request cannot be read.")
    return _("The server failed; the failure is in its log.")
