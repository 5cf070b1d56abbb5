"""System checks of the settings that belong to no app."""

from typing import Any

from django.core import checks

from catalog.checks import not_negative


@checks.register()
def check_limits(**_kwargs: Any) -> list[checks.CheckMessage]:
    names = ("SIS_UPLOADS_PER_MINUTE", "SIS_LOGINS_PER_MINUTE", "SIS_LOGIN_ATTEMPTS")
    return not_negative(*names, id="sis_project.E001")
