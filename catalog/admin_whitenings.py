"""Whitenings in Django's admin: shown and deleted, never edited, their numbers never loaded."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import Whitening


@admin.register(Whitening)
class WhiteningAdmin(admin.ModelAdmin):
    list_display = ["name", "source", "dim", "learned_on", "benchmark", "images", "learned_at"]
    fields = [
        *("name", "source", "source_model_id", "dim", "learned_on", "benchmark"),
        *("images", "digest", "learned_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("mean", "matrix")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # `manage.py learn_whitening` makes them

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
