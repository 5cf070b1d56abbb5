"""The entry points' handlers, whose requests may say anything of themselves."""

from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest


class Lenient(HttpRequest):
    """A request whose type of content means nothing is refused by the guard, not by a trace.

    Django parses that header while it makes the request, before any middleware.
    """

    malformed = False

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # Django's own
        except (ValueError, LookupError):
            self.content_type, self.content_params = "", dict[str, str]()
            self.malformed = True


class LenientWSGIRequest(Lenient, WSGIRequest):
    """A request from a WSGI server."""


class LenientASGIRequest(Lenient, ASGIRequest):
    """A request from an ASGI server."""


class LenientWSGIHandler(WSGIHandler):
    """Below a path prefix it does not matter whether the proxy takes it away: Django's handler for
    ASGI does so by itself, the one for WSGI leaves it to the server."""

    request_class = LenientWSGIRequest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        prefix, path = settings.SIS_PATH_PREFIX, environ.get("PATH_INFO", "")
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            environ = environ | {"PATH_INFO": path.removeprefix(prefix) or "/"}
        return super().__call__(environ, start_response)


class LenientASGIHandler(ASGIHandler):
    request_class = LenientASGIRequest
