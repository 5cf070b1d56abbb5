"""System checks of the search settings. None of them loads vectors or weights."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from catalog.checks import above_zero, not_negative

from .engines import check_engine
from .recipes import check_recipe
from .recipes.registry import declarations


@checks.register()
def check_engines(**_kwargs: Any) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    if "default" not in settings.SEARCH_ENGINES:
        messages.append(checks.Error("SEARCH_ENGINES has no engine 'default'.", id="search.E001"))
    for alias in settings.SEARCH_ENGINES:
        try:
            check_engine(alias)
        except ImproperlyConfigured as error:
            messages.append(checks.Error(str(error), id="search.E002"))
    return messages


@checks.register()
def check_limits(**_kwargs: Any) -> list[checks.CheckMessage]:
    return [
        *above_zero("SIS_MAX_UPLOAD_BYTES", "SIS_QUERY_DAYS", id="search.E003"),
        *above_zero("SIS_UPLOADS_AT_ONCE", id="search.E003"),
        *not_negative("SIS_QUERY_QUOTA_BYTES", "SIS_UPLOADS_WAITING", id="search.E004"),
    ]


@checks.register()
def check_seconds(**_kwargs: Any) -> list[checks.CheckMessage]:
    seconds = settings.SIS_GEOMETRY_SECONDS
    if seconds > 0:
        return []
    return [
        checks.Error(
            f"SIS_GEOMETRY_SECONDS is {seconds:g}.",
            hint="Set it to a number of seconds above zero.",
            id="search.E006",
        )
    ]


@checks.register()
def check_recipes(**_kwargs: Any) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    for name in declarations():
        try:
            check_recipe(name)
        except ImproperlyConfigured as error:
            messages.append(checks.Error(str(error), id="search.E005"))
    return messages
