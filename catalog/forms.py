"""Forms of the catalogue's pages."""

from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from .models import Collection
from .visibility import SEES_ALL


class CollectionForm(forms.ModelForm):
    """A new collection: the short name that addresses and commands have, and a title."""

    class Meta:
        model = Collection
        fields = ["slug", "title", "groups"]
        widgets = {"groups": forms.CheckboxSelectMultiple}
        help_texts = {
            "slug": _("Letters, digits, hyphens and underscores; addresses and commands have it."),
            "title": _("What pages show, if given."),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        """`user` is who makes the collection, and is to see it afterwards."""
        super().__init__(*args, **kwargs)
        groups = Group.objects.all() if user.has_perm(SEES_ALL) else user.groups.all()
        if groups.exists():
            cast(forms.ModelMultipleChoiceField, self.fields["groups"]).queryset = groups
        else:
            del self.fields["groups"]
