"""Real HTTP requests, as a program's library makes them, answered in this process."""

from io import BytesIO
from urllib.parse import urlsplit

import requests
from django.test import Client
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

ADDRESS = "http://testserver"


class InProcess(BaseAdapter):
    """Hands what was to be sent to Django, within the transaction of the test."""

    def __init__(self) -> None:
        super().__init__()
        self.client = Client(raise_request_exception=False)

    def send(self, request, **_options):
        parts = urlsplit(request.url)
        headers = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in request.headers.items()
            if name.lower() not in ("content-type", "content-length")
        }
        body = request.body or b""
        answer = self.client.generic(
            request.method,
            parts.path,
            body.encode() if isinstance(body, str) else body,
            content_type=request.headers.get("Content-Type", ""),
            QUERY_STRING=parts.query,
            **headers,
        )
        return self.response_of(request, answer)

    def response_of(self, request, answer):
        content = b"".join(answer) if answer.streaming else answer.content
        raw = HTTPResponse(
            body=BytesIO(content),
            headers=dict(answer.items()),
            status=answer.status_code,
            reason=answer.reason_phrase,
            preload_content=False,
        )
        response = requests.Response()
        response.status_code, response.reason = answer.status_code, answer.reason_phrase
        response.headers.update(answer.items())
        response.request, response.url, response.raw = request, request.url, raw
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        pass


def in_process() -> requests.Session:
    session = requests.Session()
    session.mount(ADDRESS, InProcess())
    return session
