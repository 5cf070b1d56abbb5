"""Signing in once, without a password, on the machine that `quickstart` serves.

The key is printed in the terminal and kept by this process only: it works once, until the server
stops, and from this machine. Whoever can read the terminal can change the database as well.
"""

import hashlib
import hmac
import ipaddress
import secrets
import threading

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

BACKEND = "django.contrib.auth.backends.ModelBackend"


class OneTimeKey:
    """A key that is issued, and taken once."""

    def __init__(self) -> None:
        self._digest: bytes | None = None
        self._lock = threading.Lock()

    def issue(self) -> str:
        """Return a new key; the one before it is void."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._digest = hashlib.sha256(key.encode()).digest()
        return key

    def fits(self, key: str) -> bool:
        digest = self._digest
        given = hashlib.sha256(key.encode()).digest()
        return digest is not None and hmac.compare_digest(digest, given)

    def take(self, key: str) -> bool:
        """Use the key up; False where it is not, or no longer, the one that was issued."""
        with self._lock:
            if not self.fits(key):
                return False
            self._digest = None
            return True


one_time_key = OneTimeKey()


def administrator() -> User | None:
    """The account that quickstart's key is for: the first administrator who may sign in."""
    users = get_user_model().objects.filter(is_superuser=True, is_active=True)
    return users.order_by("pk").first()


def is_local(request: HttpRequest) -> bool:
    """Tell whether the request comes from this machine and through no proxy."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_once(request: HttpRequest, key: str) -> HttpResponse:
    """A button that signs the administrator in. Only pressing it uses the key up: browsers look
    at addresses before anybody goes there."""
    user = administrator()
    if settings.SIS_PRODUCTION or not is_local(request) or user is None:
        raise Http404
    if request.method != "POST":
        if not one_time_key.fits(key):
            raise Http404
        return render(request, "registration/sign_in_once.html", {"name": user.get_username()})
    if not one_time_key.take(key):
        raise Http404
    login(request, user, backend=BACKEND)
    return redirect("search:home")
