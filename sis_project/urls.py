"""Addresses: `/` is search, as users of the first system know it."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from .accounts import sign_in_once
from .robots import robots

handler500 = "sis_project.error_pages.server_error"

urlpatterns = [
    path("", include("search.urls")),
    path("", include("catalog.urls")),
    path("evaluation/", include("evaluation.urls")),
    path("work/", include("work.urls")),
    path("api/", include("api.urls")),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("sign-in/<str:key>/", sign_in_once, name="sign_in_once"),
    path("robots.txt", robots, name="robots"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
