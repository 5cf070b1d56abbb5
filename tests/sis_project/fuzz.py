"""Requests that no browser sends: a fixed list, for every address of the project.

`ODD` are what stands in place of a value; `requests_of` yields what a test client sends.
"""

import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import product
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.handlers.wsgi import WSGIHandler
from django.urls import URLPattern, URLResolver, get_resolver

from sis_project.handlers import LenientWSGIHandler

HUGE = "9" * 30
ODD = (
    "",
    "0",
    "-1",
    HUGE,
    "9" * 5000,
    "9223372036854775808",
    "1e308",
    "nan",
    "٣",
    "a b",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ED%A0%80",  # half a letter of UTF-16
    "%F0%9F%98%80" * 60,
    "%25" * 900,
    "_" * 700,
    "'\"<>;--",
    "../../etc/passwd",
    "%0d%0aSet-Cookie:x=1",
    "a+" * 1500,  # many words
    "x" * 8000,
    "x" * 60_000,
)
# Every name that an address of the project takes, and some of the admin's.
NAMES = (
    *("collection", "name", "page", "descriptor", "v", "first", "second", "run", "sort"),
    *("depth", "m", "queue", "step", "download", "next", "q", "o", "p", "all", "_popup"),
    *("collection__id__exact", "id__exact", "format__exact", "pk__in", "_to_field", "e"),
    *("benchmark__id__exact", "topic__benchmark__id__exact", "created_at__gte", "id"),
)
IN_PATHS = (
    *("1", HUGE, "9" * 5000, "%00", "0", "a%00", "%ff", "x" * 300, "..", "%2e%2e", "-1", "٣"),
    *("00000000-0000-0000-0000-000000000000",),
)
CONTENT_TYPES = (
    *("", "text/plain", "text/plain; charset=hex", "application/json; charset=utf-8"),
    "application/x-www-form-urlencoded; charset=hex",
    "application/x-www-form-urlencoded; charset=latin-1",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=nothing-such",
    'application/x-www-form-urlencoded; charset="',
    "application/x-www-form-urlencoded; charset=a\x00b",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=é",
    f"multipart/form-data; boundary={'b' * 300}",
    "multipart/form-data; boundary=BOUND; charset=hex",
    "multipart/form-data; boundary=BOUND; charset=utf-7",
    "multipart/form-data; boundary=BOUND; charset=idna",
    "multipart/form-data; boundary=BOUND",
    ";" * 300,
)
BODIES = (
    b"",
    b"a=%00",
    b"name=a%00b&picture=%ff&x1=1e999&y1=nan&x2=inf&y2=" + HUGE.encode(),
    b"next=http%3A%2F%2F%5B&language=%00",
    b"next=%2F%2F%5B%3A&language=xx",
    b"username=a%00&password=%00",
    b"benchmark=" + HUGE.encode() + b"&protocol=x&query=x",
    b"x1=-1&y1=0&x2=1e308&y2=1e308",
    b"x1=0&y1=0&x2=1&y2=1",
    b"a=1&" * 12_000,
    b"--BOUND",
    b"--BOUND\r\n\r\n",
    b'--BOUND\r\nContent-Disposition: form-data; name="collection"\r\n\r\na\x00b\r\n--BOUND--\r\n',
    b'--BOUND\r\nContent-Disposition: form-data; name="picture"; filename="'
    + b"a."
    + b"x" * 300
    + b'"\r\nContent-Type: image/jpeg\r\n\r\nnothing\r\n--BOUND--\r\n',
    b"--BOUND\r\nContent-Disposition: form-data; name=\"picture\"; filename*=hex''41\r\n\r\nx\r\n"
    b"--BOUND--\r\n",
    b"--BOUND\r\nContent-Disposition: form-data; name=\"picture\"; filename*=no-such''a\r\n\r\nx"
    b"\r\n--BOUND--\r\n",
    b'--BOUND\r\nContent-Disposition: form-data; name="picture"; filename="a\x00.jpg"\r\n'
    b"Content-Type: image/jpeg; charset=hex\r\n\r\nx\r\n--BOUND--\r\n",
    b'--BOUND\r\nContent-Disposition: form-data; name="x1"\r\nContent-Transfer-Encoding: base64'
    b"\r\n\r\n!!!\r\n--BOUND--\r\n",
    b'--BOUND\r\nContent-Disposition: form-data; name="x1"\r\n\r\n+2AA-\r\n--BOUND--\r\n',
)
HEADERS: Sequence[dict[str, str]] = (
    {"HTTP_HOST": "elsewhere.example"},
    {"HTTP_HOST": "localhost:99999999"},
    {"HTTP_HOST": "a b\x00"},
    {"HTTP_HOST": ""},
    {"HTTP_COOKIE": 'sessionid="a\\000bbbbbbbbbb"'},
    {"HTTP_COOKIE": f"sessionid={'x' * 5000}"},
    {"HTTP_COOKIE": 'sessionid="\\377\\376aaaaaaaaaaa"; django_language="\\000"'},
    {"HTTP_COOKIE": "messages=x:y:z; =; ;;; a"},
    {"HTTP_COOKIE": "csrftoken=" + "é" * 40},
    {"HTTP_ACCEPT_LANGUAGE": "x" * 5000},
    {"HTTP_ACCEPT_LANGUAGE": "vi;q=nan,\x00;q=1e999,*;q="},
    {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://["},
    {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": "x"},
    {"HTTP_IF_NONE_MATCH": '"\x00é', "HTTP_IF_MODIFIED_SINCE": "Sun, 99 Foo 99999 99:99:99 GMT"},
    {"HTTP_RANGE": f"bytes={HUGE}-"},
    {"HTTP_REFERER": "http://[", "HTTP_ORIGIN": "http://["},
    {"HTTP_X_FORWARDED_FOR": "a\x00, b", "REMOTE_ADDR": ""},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE", "HTTP_ACCEPT": "\x00/\x00;q=x"},
)
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "FOO")


def routes() -> list[str]:
    """Return every route of the project, the admin's included, with its parameters in brackets."""

    def below(resolver: URLResolver, prefix: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from below(pattern, route)
            elif isinstance(pattern, URLPattern):
                yield route

    return sorted(set(below(get_resolver(), "/")))


def addresses(known: dict[str, str]) -> Iterator[str]:
    """Fill in the routes: with a row that exists (`known`), and with what none has."""
    for route in routes():
        plain = re.sub(r"\(\?P.*?\)(?=[/$])|[\^$]", "", route)
        parameters = re.findall(r"<[^>]+>", plain)
        if not parameters:
            yield plain.replace("//", "/") or "/"
            continue
        for value in ("", *IN_PATHS):
            filled = plain
            for parameter in parameters:
                kind = parameter.strip("<>").rpartition(":")[2]
                own = known.get(f"{route}{kind}", known.get(kind, "1"))
                filled = filled.replace(parameter, value or own, 1)
            yield filled


def environ(method: str, path: str, query: str = "", **more: Any) -> dict[str, Any]:
    """Return what a WSGI server gives for a request; `body` are the bytes of its body."""
    body = more.pop("body", b"")
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


def answer(handler: WSGIHandler, request: dict[str, Any]) -> int:
    """Let a handler answer in full; returns the status, or 0 where it raised."""
    statuses: list[int] = []

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        statuses.append(int(status[:3]))

    try:
        response = handler(request, start_response)
        for _part in response:
            pass
        response.close()
    except Exception:
        traceback.print_exc()
        return 0
    return statuses[0]


def requests_of(known: dict[str, str], *, every: int) -> Iterator[dict[str, Any]]:
    """Yield the requests of the list, of the large products only one in `every`."""
    number = 0
    for path in addresses(known):
        yield environ("GET", path)
        if any(f"/{odd}/" in path for odd in IN_PATHS):
            yield environ("POST", path)
            continue
        yield from (environ(method, path) for method in METHODS)
        yield from (environ("GET", path, **headers) for headers in HEADERS)
        for name, odd in product(NAMES, ODD):
            number += 1
            if number % every == 0:
                yield environ("GET", path, f"{name}={odd}")
        for content_type, body in product(CONTENT_TYPES, BODIES):
            number += 1
            if number % every == 0:
                yield environ("POST", path, CONTENT_TYPE=content_type, body=body)
        for length in ("abc", "-5", HUGE, ""):
            form = "application/x-www-form-urlencoded"
            yield environ("POST", path, CONTENT_TYPE=form, CONTENT_LENGTH=length, body=b"a=b")


def offences(requests: Iterable[dict[str, Any]], *, session: str = "") -> list[str]:
    """Send requests, and return those that were answered with a status of 500 or with an error.

    Without the check of forms' tokens, which would keep the odd forms from the pages.
    """
    handler = LenientWSGIHandler()
    found = []
    for request in requests:
        if session and "HTTP_COOKIE" not in request:
            request["HTTP_COOKIE"] = f"sessionid={session}"
        described = {
            key: str(value)[:60]
            for key, value in request.items()
            if key.startswith(("HTTP_", "CONTENT", "PATH", "QUERY", "REQUEST"))
        }
        body = request["wsgi.input"].getvalue()[:80]
        if answer(handler, request) in (0, 500):
            found.append(f"{described} {body!r}")
    return found
