"""Addresses of the search pages."""

from django.urls import path

from . import proof_views, views

app_name = "search"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/<uuid:pk>/", views.results, name="results"),
    path("search/<uuid:pk>/crop/", views.crop, name="crop"),
    path("search/<uuid:pk>/proof/<int:hit>/", proof_views.query_proof, name="query_proof"),
    path("search/<uuid:pk>/picture/", views.picture, name="picture"),
    path("recipes/", views.recipes, name="recipes"),
    path("images/<int:pk>/similar/", views.similar, name="similar"),
    path("images/<int:pk>/proof/<int:hit>/", proof_views.image_proof, name="image_proof"),
]
