"""Trials of recipes in Django's admin: shown and deleted, never edited."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.admin_seen import SeenFilter

from .admin_base import ReadOnlyAdmin
from .models import RecipeTrial


@admin.register(RecipeTrial)
class RecipeTrialAdmin(ReadOnlyAdmin):
    list_display = ["pk", "collection", "pictures", "best", "created_at"]
    list_filter = [("collection", SeenFilter)]
    list_select_related = ["collection"]
    fields = ["collection", "recipes", "pictures", "seed", "best", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("results")
