"""Forms of the search pages. An upload is hostile until `queries.py` has decoded it."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat, floatformat
from django.utils.translation import gettext_lazy as _

from catalog.models import Collection
from catalog.pixels import Box

from .models import DuplicateScan
from .questions.model import MOST_EXAMPLES
from .recipes import Recipe, default_recipe, get_recipe, searchable_recipes

ACCEPTED_TYPES = ",".join(
    f"image/{name}"
    for name in ("jpeg", "png", "webp", "gif", "bmp", "tiff", "heic", "heif", "avif")
)


class CollectionField(forms.ModelChoiceField):
    """Choice of a collection by its short name; empty means all of them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Collection.objects.all(),
            to_field_name="slug",
            required=False,
            empty_label=_("All collections"),
            label=_("Search in"),
            **kwargs,
        )


class UploadForm(forms.Form):
    """Pictures to search with: `pictures` are their files, not decoded yet."""

    # Checked in clean_picture, which knows why a file may be missing.
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPTED_TYPES, "required": True}),
    )
    collection = CollectionField()

    def __init__(self, *args: Any, user: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large
        seen = Collection.objects.visible_to(user)
        cast(CollectionField, self.fields["collection"]).queryset = seen
        usable = searchable_recipes()
        if len(usable) > 1:
            self.fields["recipe"] = forms.ChoiceField(
                label=_("Rank by"),
                required=False,
                choices=[
                    ("", _("Best available")),
                    *((recipe.name, recipe.title) for recipe in usable),
                ],
            )
        self.purposes = [(recipe.title, recipe.purpose) for recipe in usable]

    @property
    def pictures(self) -> list[UploadedFile]:
        """The files that were sent."""
        return self.files.getlist("picture")

    def clean_picture(self) -> UploadedFile:
        limit = settings.SIS_MAX_UPLOAD_BYTES
        if self.too_large or any((file.size or 0) > limit for file in self.pictures):
            raise ValidationError(
                _("The file is too large: at most %(limit)s are allowed."),
                code="too_large",
                params={"limit": filesizeformat(limit)},
            )
        if len(self.pictures) > MOST_EXAMPLES:
            text = _("A search takes at most %(number)d pictures.")
            raise ValidationError(text, code="too_many", params={"number": MOST_EXAMPLES})
        if not self.pictures:
            raise ValidationError(_("Choose a picture first."), code="required")
        return self.pictures[0]

    def chosen_recipe(self) -> Recipe:
        """What was chosen, else the default of the collection."""
        name = self.cleaned_data.get("recipe")
        return get_recipe(name) if name else default_recipe(self.cleaned_data["collection"])


class FilterForm(forms.Form):
    """Which images a ranking shows; `asked` are the arguments of `ImageQuerySet.narrowed`."""

    SHAPES = [
        ("", _("any shape")),
        ("landscape", _("landscape")),
        ("portrait", _("portrait")),
        ("square", _("square")),
    ]

    name = forms.CharField(label=_("Name contains"), required=False, max_length=200)
    shape = forms.ChoiceField(label=_("Shape"), choices=SHAPES, required=False)
    least = forms.IntegerField(
        label=_("Longer side at least"), required=False, min_value=1, max_value=100_000
    )
    since = forms.DateField(
        label=_("Added since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    @property
    def asked(self) -> dict[str, Any]:
        """What narrows the ranking; nothing where the fields are empty, or wrong."""
        if not self.is_valid():
            return {}
        return {name: value for name, value in self.cleaned_data.items() if value}


class BoxForm(forms.Form):
    """A part of a query's picture, in pixels of its working copy."""

    x1 = forms.FloatField(label=_("Left"), min_value=0)
    y1 = forms.FloatField(label=_("Top"), min_value=0)
    x2 = forms.FloatField(label=_("Right"), min_value=0)
    y2 = forms.FloatField(label=_("Bottom"), min_value=0)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and (data["x2"] <= data["x1"] or data["y2"] <= data["y1"]):
            raise ValidationError(
                _("The part has no area: right must exceed left, bottom must exceed top.")
            )
        return data

    @property
    def box(self) -> Box:
        x1, y1, x2, y2 = (self.cleaned_data[side] for side in ("x1", "y1", "x2", "y2"))
        return x1, y1, x2, y2


class DuplicatesForm(forms.Form):
    """Within which distance pictures count as nearly the same; without one, as suggested."""

    distance = forms.FloatField(label=_("No farther apart than"), min_value=0, required=False)

    def __init__(self, *args: Any, scan: DuplicateScan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scan = scan

    def clean_distance(self) -> float:
        asked = self.cleaned_data["distance"]
        # What a link rounds up is still within.
        if asked is not None and asked > self.scan.widest * 1.001:
            text = _("Pairs are known up to a distance of %(widest)s.")
            raise ValidationError(text, params={"widest": floatformat(self.scan.widest, 4)})
        return self.scan.suggested if asked is None else asked

    @property
    def chosen(self) -> float:
        """The distance of a valid form, or the suggested one."""
        return float(self.cleaned_data["distance"])
