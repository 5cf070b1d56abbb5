"""Compresses what is text, and leaves pictures as they are."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")


class TextCompressionMiddleware(GZipMiddleware):
    """Django's compression, for text only: pictures are compressed already.

    Pages hold secrets (the CSRF token) beside what a visitor typed, whose compressed length could
    betray them (BREACH). Django masks the token anew in each response, and its middleware adds up
    to 100 random bytes. What is compressed already, as static files in production, stays so.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith(TEXT):
            return response
        return super().process_response(request, response)
