"""Names in the admin: shown so that nothing in them is hidden, found by the rule of `names.py`."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext_lazy as _

from .models import Image
from .names import folded
from .querysets import ImageQuerySet


class SearchedByName(admin.ModelAdmin):
    """An admin of images with a search box for their names."""

    search_fields = ["folded_name"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find the images with every word, or "quoted words", of the term in their name."""
        found = cast(ImageQuerySet, queryset)
        for word in smart_split(search_term):
            is_quoted = len(word) > 1 and word[0] in "\"'" and word[0] == word[-1]
            found = found.name_contains(unescape_string_literal(word) if is_quoted else word)
        return found, False

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, image: Image) -> str:
        return image.shown_name

    @admin.display(description=_("source file"), ordering="source_name")
    def shown_source(self, image: Image) -> str:
        return image.shown_source


def with_title(collections: QuerySet, text: str) -> QuerySet:
    """Return the collections with `text` in their short name or title: few, and no column."""
    part = folded(text)
    rows = collections.values_list("pk", "slug", "title")
    return collections.filter(
        pk__in=[pk for pk, *texts in rows if any(part in folded(found) for found in texts)]
    )
