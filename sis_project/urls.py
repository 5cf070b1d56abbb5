"""Addresses: `/` is search, as users of the first system know it."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404
from django.urls import include, path, re_path
from django.views.defaults import page_not_found

from .accounts import sign_in_once
from .metrics import metrics
from .passwords import sends_mail
from .robots import robots

handler500 = "sis_project.error_pages.server_error"

urlpatterns = [
    path("", include("search.urls")),
    path("", include("catalog.urls")),
    path("evaluation/", include("evaluation.urls")),
    path("work/", include("work.urls")),
    path("api/", include("api.urls")),
    path("login/", LoginView.as_view(extra_context={"sends_mail": sends_mail}), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", include("sis_project.passwords")),
    path("sign-in/<str:key>/", sign_in_once, name="sign_in_once"),
    path("robots.txt", robots, name="robots"),
    path("metrics", metrics, name="metrics"),
    # It would lead to any row, and ask nobody whether it may be seen.
    re_path("^admin/r/", page_not_found, {"exception": Http404()}),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
