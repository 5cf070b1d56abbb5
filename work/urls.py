"""Addresses of the Work page."""

from django.urls import path

from . import views

app_name = "work"
urlpatterns = [
    path("", views.index, name="index"),
    path("progress/", views.progress, name="progress"),
    path("<int:pk>/", views.job, name="job"),
    path("<int:pk>/progress/", views.job_progress, name="job_progress"),
    path("<int:pk>/cancel/", views.cancel_job, name="cancel"),
    path("<int:pk>/continue/", views.continue_job, name="continue"),
]
