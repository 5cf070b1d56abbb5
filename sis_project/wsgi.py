"""WSGI entry point."""

import os

import django

from .serving import allow_many_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
allow_many_files()
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 (they first)

from .handlers import LenientWSGIHandler  # noqa: E402
from .readiness import warmth  # noqa: E402

application = LenientWSGIHandler()
if settings.SIS_WARM_START:
    warmth.start()
