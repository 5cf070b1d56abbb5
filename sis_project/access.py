"""Stands before all pages, and lets in who may be there: what is not listed here is for those who
may search. The API asks by itself, once it knows whose token it was given.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch

from catalog.access import Area, may_enter
from work.refusing import refused

# Each of these asks for what it needs by itself: an account, a permission, a token; or is for all.
OTHERS = ("admin/", "work/", "api/")
FOR_ALL = {"login", "logout", "sign_in_once", "robots", "metrics", "set_language"}
OF_PASSWORDS = "password_"


class AccessMiddleware:
    """Stands after the one that knows the account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or all(may_enter(request.user, area) for area in areas_of(match)):
            return None
        return refused(request)


def areas_of(match: ResolverMatch) -> list[Area]:
    """Return the areas that a page is in, all of which its user must be let into."""
    name = match.view_name
    if match.route.startswith(OTHERS) or name in FOR_ALL or name.startswith(OF_PASSWORDS):
        return []
    if name == "catalog:original":
        return [Area.SEARCH, Area.ORIGINALS]
    if match.app_name == "evaluation":
        return [Area.SEARCH, Area.EVALUATION]
    return [Area.SEARCH]
