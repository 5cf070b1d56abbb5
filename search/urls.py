"""Addresses of the search pages."""

from django.urls import path

from . import duplicate_views, proof_views, query_views, result_views, turn_views, views, why_views

app_name = "search"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/<uuid:pk>/", result_views.results, name="results"),
    path("search/<uuid:pk>/crop/", query_views.crop, name="crop"),
    path("search/<uuid:pk>/add/", query_views.add_to_query, name="add_to_query"),
    path("search/<uuid:pk>/proof/<int:hit>/", proof_views.query_proof, name="query_proof"),
    path("search/<uuid:pk>/picture/", query_views.picture, name="picture"),
    path("search/<uuid:pk>/picture/<str:size>/", query_views.sized_picture, name="sized_picture"),
    path("collections/<slug:slug>/duplicates/", duplicate_views.duplicates, name="duplicates"),
    path(
        "collections/<slug:slug>/duplicates/delete/",
        duplicate_views.delete_duplicates,
        name="delete_duplicates",
    ),
    path("search/turn/<uuid:ticket>/", turn_views.place, name="turn"),
    path("recipes/", views.recipes, name="recipes"),
    path("images/<int:pk>/similar/", result_views.similar, name="similar"),
    path("images/<int:pk>/similar/add/", query_views.add_to_image, name="add_to_image"),
    path("images/<int:pk>/part/", query_views.image_part, name="image_part"),
    path("search/<uuid:pk>/why/<int:hit>/", why_views.query_why, name="query_why"),
    path("images/<int:pk>/why/<int:hit>/", why_views.image_why, name="image_why"),
    path("images/<int:pk>/proof/<int:hit>/", proof_views.image_proof, name="image_proof"),
]
