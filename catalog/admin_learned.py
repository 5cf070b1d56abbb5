"""Whitenings and vocabularies in Django's admin: learned, shown and deleted, never edited, their
numbers never loaded.
"""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from .descriptors import Descriptor, descriptor_names, get_any
from .learning_jobs import ask_for_whitening, ask_for_words, words_in_words
from .models import Collection, Vocabulary, Whitening
from .visibility import hidden_from


def vector_choices() -> list[tuple[str, str]]:
    """Return name and title of every declared descriptor that gives vectors."""
    found = [one for one in map(get_any, descriptor_names()) if isinstance(one, Descriptor)]
    return [(one.name, str(one.title or one.name)) for one in found]


class WhiteningForm(forms.Form):
    """From which vectors to learn, and how many numbers to keep."""

    collection = forms.ModelChoiceField(
        Collection.objects.all(), label=_("Collection"), empty_label=None
    )
    descriptor = forms.ChoiceField(label=_("Descriptor"), choices=vector_choices)
    dim = forms.IntegerField(
        label=_("Numbers to keep"),
        min_value=1,
        max_value=4096,
        initial=512,
        help_text=_("At most as many as the vectors have, and fewer than there are pictures."),
    )


class LearnedAdmin(admin.ModelAdmin):
    """What commands learn. `numbers` are the fields that hold it."""

    numbers: ClassVar[tuple[str, ...]]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found = super().get_queryset(request).defer(*self.numbers)
        hidden = Collection.objects.filter(pk__in=hidden_from(request.user))
        return found.exclude(learned_on__in=hidden.values("slug"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask what to learn from; a job learns it. What labels teach is for the command."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = WhiteningForm(request.POST or None)
        choices = cast(forms.ModelChoiceField, form.fields["collection"])
        choices.queryset = Collection.objects.visible_to(request.user)
        if request.method == "POST" and form.is_valid():
            return redirect(ask_for_whitening(**form.cleaned_data, user=request.user))
        context = self.admin_site.each_context(request)
        context |= {"form": form, "opts": self.opts, "title": _("Learn a whitening")}
        return render(request, "admin/catalog/learn_whitening.html", context)


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
