"""Whitenings and vocabularies in Django's admin: shown and deleted, never edited, their numbers
never loaded.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .jobs import ask_for_words, words_in_words
from .models import Vocabulary, Whitening


class LearnedAdmin(admin.ModelAdmin):
    """What commands learn. `numbers` are the fields that hold it."""

    numbers: ClassVar[tuple[str, ...]]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer(*self.numbers)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # `manage.py learn_whitening` and `learn_vocabulary` make them

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Whitening)
class WhiteningAdmin(LearnedAdmin):
    list_display = ["name", "source", "dim", "learned_on", "benchmark", "images", "learned_at"]
    fields = [
        *("name", "source", "source_model_id", "dim", "learned_on", "benchmark"),
        *("images", "digest", "learned_at"),
    ]
    numbers = ("mean", "matrix")


@admin.register(Vocabulary)
class VocabularyAdmin(LearnedAdmin):
    list_display = ["name", "source", "words", "learned_on", "images", "features", "learned_at"]
    fields = [
        *("name", "source", "source_model_id", "words", "learned_on"),
        *("images", "features", "digest", "learned_at"),
    ]
    numbers = ("centroids",)


@admin.action(
    description=_("Learn words from the local features, and rank by them"), permissions=["change"]
)
def learn_words(model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet) -> None:
    """Learn a vocabulary from each of the collections, and give its images their words."""
    for pk in queryset.values_list("pk", flat=True):
        for level, text in words_in_words(ask_for_words(pk, user=request.user)):
            model_admin.message_user(request, text, level)
