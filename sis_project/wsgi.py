"""WSGI entry point."""

import os

import django

from .serving import allow_many_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
allow_many_files()
django.setup(set_prefix=False)

from .handlers import LenientWSGIHandler  # noqa: E402 (the settings first)

application = LenientWSGIHandler()
