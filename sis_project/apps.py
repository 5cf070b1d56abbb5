"""The project as an app of its own: what stands above all others, such as `quickstart`."""

import sys
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core.management import call_command
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ProjectConfig(AppConfig):
    name = "sis_project"
    verbose_name = _("Image search")

    def ready(self) -> None:
        from . import (
            checks,  # noqa: F401 (checks register themselves)
            metrics,
            request_lines,
        )
        from .limiting import forget_attempts
        from .sqlite import use_write_ahead_log

        request_lines.begin()
        as_worker = sys.argv[1:2] == ["worker"]
        if settings.SIS_METRICS_TOKEN or (as_worker and settings.SIS_METRICS_PORT):
            metrics.begin(as_worker=as_worker)
        connection_created.connect(use_write_ahead_log)
        user_logged_in.connect(forget_attempts)
        # An app without models gets no such signal of its own; this one comes once in a migrate.
        post_migrate.connect(make_cache_table, sender=apps.get_app_config("sessions"))


def make_cache_table(using: str, **_signal: Any) -> None:
    """Make the table of the database cache, where the settings name one and it is not there."""
    call_command("createcachetable", database=using, verbosity=0)
