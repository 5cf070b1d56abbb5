"""Forms of the catalogue's pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Collection


class CollectionForm(forms.ModelForm):
    """A new collection: the short name that addresses and commands have, and a title."""

    class Meta:
        model = Collection
        fields = ["slug", "title"]
        help_texts = {
            "slug": _("Letters, digits, hyphens and underscores; addresses and commands have it."),
            "title": _("What pages show, if given."),
        }
