"""Addresses: `/` is search, as users of the first system know it."""

from django.contrib import admin
from django.urls import include, path

handler500 = "sis_project.error_pages.server_error"

urlpatterns = [
    path("", include("search.urls")),
    path("", include("catalog.urls")),
    path("evaluation/", include("evaluation.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
