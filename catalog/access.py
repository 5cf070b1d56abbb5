"""Who may search at all, see originals, and see evaluations, as the settings say.

Which collections somebody sees is another question: see `visibility.py`.
"""

from enum import Enum
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

# What a setting names instead of groups.
EVERYONE, ACCOUNTS = "everyone", "accounts"


class Area(Enum):
    """A part of the site, by the setting that says for whom it is."""

    SEARCH = "SIS_SEARCH_FOR"
    ORIGINALS = "SIS_ORIGINALS_FOR"
    EVALUATION = "SIS_EVALUATION_FOR"


def may_enter(user: Any, area: Area) -> bool:
    """Whether an account, or a visitor, may enter; administrators may everywhere."""
    named = getattr(settings, area.value)
    if named == [EVERYONE]:
        return True
    if not user.is_authenticated:
        return False
    if named == [ACCOUNTS] or user.is_superuser:
        return True
    return bool(user.groups.filter(name__in=named).exists())


def is_for_everyone(area: Area) -> bool:
    return may_enter(AnonymousUser(), area)


class Allowed:
    """What templates ask: `may.search`, `may.see_originals`, `may.evaluate`."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def search(self) -> bool:
        return may_enter(self.user, Area.SEARCH)

    def see_originals(self) -> bool:
        return may_enter(self.user, Area.ORIGINALS)

    def evaluate(self) -> bool:
        return self.search() and may_enter(self.user, Area.EVALUATION)


def allowed(request: HttpRequest) -> dict[str, Allowed]:
    """A context processor."""
    return {"may": Allowed(getattr(request, "user", AnonymousUser()))}
