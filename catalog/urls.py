"""Addresses of the catalogue pages."""

from django.urls import path

from . import views

app_name = "catalog"
urlpatterns = [
    path("images/", views.browse, name="browse"),
    path("images/<int:pk>/", views.image, name="image"),
    path("images/<int:pk>/original/", views.original, name="original"),
    path("images/<int:pk>/thumbnail/<str:size>/", views.thumbnail, name="thumbnail"),
]
