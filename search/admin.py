"""By which recipe pages rank a collection, in Django's admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Field
from django.http import HttpRequest

from catalog.admin_seen import SeenAdmin

from .models import CollectionRecipe
from .recipes import known_recipes


@admin.register(CollectionRecipe)
class CollectionRecipeAdmin(SeenAdmin):
    list_display = ["collection", "recipe"]
    list_select_related = ["collection"]

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "recipe":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        choices = [(recipe.name, str(recipe.title)) for recipe in known_recipes()]
        return forms.ChoiceField(label=db_field.verbose_name, choices=choices)
