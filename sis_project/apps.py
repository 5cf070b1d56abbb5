"""The project as an app of its own: what stands above all others, such as `quickstart`."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class ProjectConfig(AppConfig):
    name = "sis_project"
    verbose_name = _("Image search")

    def ready(self) -> None:
        from .sqlite import use_write_ahead_log

        connection_created.connect(use_write_ahead_log)
