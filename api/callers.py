"""Who calls: by a token, or as a visitor; and what callers may do."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.http import HttpAuthBase

from catalog.access import Area, may_enter

from .models import Token
from .problems import Problem

ASKS_FOR_TOKEN = {"WWW-Authenticate": "Bearer"}


class Caller(HttpAuthBase):
    """Lets everybody in, and makes whoever sends a token that token's account.

    Without a token a request is a visitor's, whatever cookies come with it, so that no other site
    can act in the name of who is signed in; and it may not come from the page of another site.
    A wrong token is an error, not a visitor.
    """

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Any:
        request.user = self.account(request)
        for area in areas_of(request):
            if not may_enter(request.user, area):
                need_account(request)
                raise Problem(403, _("This account may not use this part of the site."))
        return request.user

    def account(self, request: HttpRequest) -> Any:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            if is_from_elsewhere(request):
                raise Problem(403, _("Pages of other sites may call this with a token only."))
            return AnonymousUser()
        token = None
        if scheme.lower() == "bearer":
            token = Token.objects.of_secret(secret.strip())
        if token is None:
            raise Problem(
                401, _("The token is unknown, expired or revoked."), headers=ASKS_FOR_TOKEN
            )
        token.note_use()
        return token.user


def areas_of(request: HttpRequest) -> list[Area]:
    """Return the areas of the site that an address is in, as pages are."""
    match = request.resolver_match
    room = match.route.split("/")[1] if match else ""
    if room in ("health", "work"):
        return []  # for all; and one's own
    return [Area.SEARCH, Area.EVALUATION] if room == "evaluation" else [Area.SEARCH]


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether a browser says that the page of another site sends what changes something."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()


def need(request: HttpRequest, permission: str) -> None:
    """Raise `Problem` where the caller lacks this permission."""
    if request.user.has_perm(permission):
        return
    need_account(request)
    raise Problem(403, _("This account lacks the permission “%(name)s”.") % {"name": permission})


def need_account(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        raise Problem(401, _("Send a token: Authorization: Bearer …"), headers=ASKS_FOR_TOKEN)
