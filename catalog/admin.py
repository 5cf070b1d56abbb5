"""The catalogue in Django's admin: the corpus with thumbnails, and the state of its vectors."""

from functools import partial
from typing import Any, Protocol, cast
from urllib.parse import urlencode

import numpy as np
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Count, F, ManyToManyField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import admin_learned
from .admin_clearing import clear
from .admin_deletion import DeletionWithoutVectors
from .admin_features import (
    state_column,
    state_filters,
    state_of,
    titled,
    vector_fact,
    warn_about_weights,
    with_states,
)
from .admin_names import SearchedByName, with_title
from .admin_seen import SeenAdmin, SeenFilter
from .descriptors import DEFAULT, DescriptorError, all_names, get_any
from .extraction import pending_ids
from .feature_states import FeatureState
from .features import current_model_id, features_of, searched_with
from .files.thumbnails import SIZES, fitted
from .jobs import ask_for_extraction, in_words, was_stopped
from .links import by_recipe, image_links
from .models import Collection, Image, ImageVector
from .names import printable
from .querysets import CollectionQuerySet, ImageQuerySet


def thumbnail(image: Image, size: str) -> str:
    """Return an `<img>`; the fingerprint in its address lets browsers keep it for good."""
    address = reverse("catalog:thumbnail", args=[image.pk, size])
    width, height = fitted(image.width, image.height, SIZES[size])
    return format_html(
        '<img class="catalog-thumbnail" src="{}?v={}" alt="" width="{}" height="{}"'
        ' loading="lazy">',
        address,
        image.sha256[:12],
        str(width),
        str(height),
    )


class CatalogAdmin(DeletionWithoutVectors, SeenAdmin):
    """What both admins share: style, and pages that still work where the weights are gone."""

    class Media:
        css = {"all": ["catalog/admin.css"]}

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET":
            warn_about_weights(request)
        return super().changelist_view(request, *args, **kwargs)


class VectorInline(admin.TabularInline):
    """What is known of an image's features by descriptors other than fc6."""

    model = ImageVector
    fields = ("descriptor", "model_id", "extracted_at", "error")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        # Who may see the image may see its features.
        return True


@admin.register(Image)
class ImageAdmin(SearchedByName, CatalogAdmin):
    """Images come in by import only: their facts are shown, never edited."""

    # The picture is not a link: it has no words that a screen reader could call it by.
    list_display_links = ["shown_name"]
    list_per_page = 50
    list_select_related = ["collection"]
    inlines = [VectorInline]
    fieldsets = [
        (None, {"fields": ["picture", "shown_name", "collection", "neighbours"]}),
        (
            _("File"),
            {
                "fields": [
                    *("shown_source", "source_modified", "stored_as", "external", "format"),
                    *("pixels", "size", "fingerprint", "imported_at"),
                ]
            },
        ),
        (
            _("Features"),
            {
                "fields": [
                    *("features", "fc6_model_id", "fc6_extracted_at"),
                    *("norm", "zeros", "fc6_error"),
                ]
            },
        ),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        # Asked of the user: by itself "may change" is answered with no for everybody here.
        return super().has_view_permission(request, obj) or self.has_extract_permission(request)

    def has_extract_permission(self, request: HttpRequest) -> bool:
        """The permission to change images is what lets a user have features made or cleared."""
        return request.user.has_perm("catalog.change_image")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_states(cast(ImageQuerySet, super().get_queryset(request)))

    def get_list_display(self, request: HttpRequest) -> list:
        return ["preview", "shown_name", state_column(), "collection", "format", "pixels"]

    def get_list_filter(self, request: HttpRequest) -> list:
        return [("collection", SeenFilter), "format", *state_filters()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add two actions for each declared descriptor to Django's own."""
        found: dict[str, Any] = super().get_actions(request)
        # In a pop-up a row is picked, and nothing is done to it.
        if IS_POPUP_VAR in request.GET or not self.has_extract_permission(request):
            return found
        for name in all_names():
            suffix = "" if name == DEFAULT else f"_{name}"
            for action, words in ((extract, _("Extract features")), (clear, _("Clear features"))):
                key = f"{action.__name__}{suffix}"
                found[key] = (partial(action, name), key, titled(words, name))
        return found

    def render_change_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        warn_about_weights(request)
        return super().render_change_form(request, *args, **kwargs)

    @admin.display(description=_("picture"))
    def preview(self, image: Image) -> str:
        return thumbnail(image, "small")

    @admin.display(description=_("picture"))
    def picture(self, image: Image) -> str:
        return thumbnail(image, "grid")

    @admin.display(description=_("size in pixels"), ordering=F("width") * F("height"))
    def pixels(self, image: Image) -> str:
        return f"{image.width} × {image.height}"

    @admin.display(description=_("file size"))
    def size(self, image: Image) -> str:
        return filesizeformat(image.byte_size)

    @admin.display(description=_("stored as"))
    def stored_as(self, image: Image) -> str:
        return printable(image.file.name or "")

    @admin.display(description="SHA-256")
    def fingerprint(self, image: Image) -> str:
        return format_html('<code class="catalog-fingerprint">{}</code>', image.sha256)

    @admin.display(description=_("features"))
    def features(self, image: Image) -> str:
        return state_of(image, DEFAULT)

    @admin.display(description=_("neighbours"))
    def neighbours(self, image: Image) -> str:
        descriptors = searched_with(features_of(image))
        if not descriptors:
            return gettext("Only an image with current features has neighbours.")
        name = descriptors[0].name
        query = by_recipe(name)
        links = ((link.address(image.pk) + query, link.label) for link in image_links)
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @admin.display(description=_("norm"))
    def norm(self, image: Image) -> str | None:
        return vector_fact(image, lambda vector: float(np.linalg.norm(vector)), "{}", 6)

    @admin.display(description=_("share of zeros"))
    def zeros(self, image: Image) -> str | None:
        return vector_fact(image, lambda vector: 100 * float(np.mean(vector == 0)), "{} %", 1)


def extract(
    descriptor: str, model_admin: ImageAdmin, request: HttpRequest, queryset: ImageQuerySet
) -> None:
    """Extract what has no current vector, failed images included; redo nothing."""
    try:
        ids = pending_ids(images=queryset, descriptor=get_any(descriptor), retry_failed=True)
    except DescriptorError as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    if not ids:
        text = gettext("Every selected image has current features. To redo them, clear them first.")
        model_admin.message_user(request, text, messages.INFO)
    jobs = []
    for job in ask_for_extraction(ids, descriptor, request.user):
        jobs.append(job)
        if was_stopped(job):
            break  # the next ones would fail for the same reason
    for level, text in in_words(jobs):
        model_admin.message_user(request, text, level)


class Counted(Protocol):
    """A collection as `CollectionAdmin.get_queryset` reads it."""

    features_count: int


@admin.register(Collection)
class CollectionAdmin(CatalogAdmin):
    actions = [admin_learned.learn_words]
    list_display = ["slug", "title", "images", "with_features", "created_at"]
    search_fields = ["slug", "title"]
    fields = ["slug", "title", "groups", "images", "created_at"]
    formfield_overrides = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    readonly_fields = ["images", "created_at"]

    def view_on_site(self, collection: Collection) -> str:
        return f"{reverse('catalog:browse')}?{urlencode({'collection': collection.slug})}"

    def get_readonly_fields(self, request: HttpRequest, obj: Collection | None = None) -> list[str]:
        # Commands, ground truth and stored files refer to a collection by its short name.
        return ["slug", *self.readonly_fields] if obj else self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        images = Image.objects.filter(collection=OuterRef("pk"))
        state, model_id = FeatureState.CURRENT, current_model_id(DEFAULT)
        if model_id is None:
            state = FeatureState.PRESENT
        # Counted apart: beside the count of images, a join would multiply the rows.
        found = images.in_feature_state(DEFAULT, model_id, state).order_by().values("collection")
        count = Subquery(found.annotate(number=Count("pk")).values("number"))
        collections = cast(CollectionQuerySet, super().get_queryset(request))
        return collections.with_image_count().annotate(features_count=Coalesce(count, 0))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return with_title(queryset, search_term), False

    @admin.display(description=_("images"), ordering="image_count")
    def images(self, collection: Collection) -> str:
        if collection.pk is None:
            return "–"
        address = reverse("admin:catalog_image_changelist")
        return format_html(
            '<a href="{}?collection__id__exact={}">{}</a>',
            address,
            collection.pk,
            localize(collection.image_count),
        )

    @admin.display(description=_("with features"), ordering="features_count")
    def with_features(self, collection: Counted) -> str:
        return localize(collection.features_count)
