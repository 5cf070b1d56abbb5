"""Addresses of the catalogue pages."""

from django.urls import path

from . import adding_views, views

app_name = "catalog"
urlpatterns = [
    path("images/", views.browse, name="browse"),
    path("collections/new/", adding_views.new_collection, name="new_collection"),
    path("collections/<slug:slug>/add/", adding_views.add, name="add"),
    path("images/<int:pk>/", views.image, name="image"),
    path("images/<int:pk>/original/", views.original, name="original"),
    path("images/<int:pk>/thumbnail/<str:size>/", views.thumbnail, name="thumbnail"),
]
