"""HEAD: the headers of GET, and nothing after them.

Django's pages answer HEAD as GET and leave it to the server to drop the body; waitress sends it,
and on a connection that is kept the next answer is then looked for in the middle of this one.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


class HeadMiddleware:
    """Empties answers to HEAD; stands first, where all headers are written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "HEAD":
            # Files stay open until the server closes the answer, as those of other answers do.
            if response.streaming:
                response.streaming_content = ()  # type: ignore[attr-defined]
            else:
                response.content = b""  # type: ignore[attr-defined]
        return response
