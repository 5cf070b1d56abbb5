"""How pictures are laid out: a grid in three sizes, or a list. Chosen by the address, and kept."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELD = "look"
# Only this choice is kept in it.
COOKIE = "sis_look"
KEPT_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Look:
    """A layout; `rendition` is the size of thumbnails that it shows."""

    name: str
    title: str | Promise
    rendition: str = "card"


NORMAL = Look("grid", _("Medium"))
LOOKS = (
    Look("small", _("Small")),
    NORMAL,
    Look("large", _("Large"), "medium"),
    Look("list", _("List")),
)


def chosen_look(request: HttpRequest) -> Look:
    """Return the look in the address, else the one kept by the browser, else medium ones."""
    by_name = {look.name: look for look in LOOKS}
    asked = request.GET.get(FIELD, request.COOKIES.get(COOKIE, ""))
    return by_name.get(asked, NORMAL)


def keep_look(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the browser keep a look that was just chosen; no cache gives it to another reader."""
    patch_vary_headers(response, ["Cookie"])
    if FIELD in request.GET:
        response.set_cookie(
            COOKIE,
            chosen_look(request).name,
            max_age=KEPT_SECONDS,
            path=settings.SESSION_COOKIE_PATH,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
    return response
