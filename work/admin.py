"""Jobs have a page of their own; how they are carried to a worker is nothing to edit."""

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

admin.site.unregister(DBTaskResult)
