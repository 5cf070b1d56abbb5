"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from .serving import allow_many_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
allow_many_files()
application = get_wsgi_application()
