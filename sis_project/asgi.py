"""ASGI entry point."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
django.setup(set_prefix=False)

from .handlers import LenientASGIHandler  # noqa: E402 (the settings first)

application = LenientASGIHandler()
