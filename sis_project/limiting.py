"""Stands before the pages that cost much, and answers 429 where an address asks too often."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from . import limits
from .limits import Limit

Counted = list[tuple[Limit, str]]


def upload_limits(request: HttpRequest) -> Counted:
    return [(limits.uploads(), limits.client_address(request))]


def login_limits(request: HttpRequest) -> Counted:
    return [
        (limits.logins(), limits.client_address(request)),
        (limits.logins_as(), limits.name_and_address(request)),
    ]


def letter_limits(request: HttpRequest) -> Counted:
    return [(limits.logins(), limits.client_address(request))]


# What is counted at a POST to which page.
LIMITED: dict[str, Callable[[HttpRequest], Counted]] = {
    "search:home": upload_limits,
    "search:crop": upload_limits,
    "search:image_part": upload_limits,
    "search:add_to_query": upload_limits,
    "search:add_to_image": upload_limits,
    "api:search_upload": upload_limits,
    "api:queries": upload_limits,
    "api:parts": upload_limits,
    "login": login_limits,
    "password_reset": letter_limits,
    "admin:login": login_limits,
}


class LimitMiddleware:
    """Counts before the view does anything; stands after the check of the form's token, so that
    no other site can use up somebody's share."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if request.method != "POST" or match is None or match.view_name not in LIMITED:
            return None
        for limit, who in LIMITED[match.view_name](request):
            if wait := limits.seconds_to_wait(limit, who):
                return too_often(request, limit, wait)
        return None


def too_often(request: HttpRequest, limit: Limit, wait: int) -> HttpResponse:
    context = {"limit": limit.name, "seconds": wait, "minutes": -(-wait // 60)}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(wait)
    patch_cache_control(response, no_store=True)
    return response


def forget_attempts(request: HttpRequest | None, **_signal: Any) -> None:
    """Whoever has signed in starts anew: only failures in a row lock a name."""
    if request is not None and request.method == "POST":
        limits.forget(limits.logins_as(), limits.name_and_address(request))
