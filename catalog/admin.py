"""The catalogue in Django's admin: the corpus with thumbnails, and the state of its vectors."""

from typing import Any

import numpy as np
from django.contrib import admin, messages
from django.contrib.admin.utils import NestedObjects
from django.db import router
from django.db.models import Count, F, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import capfirst, filesizeformat
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .admin_features import (
    CURRENT,
    STATES,
    FeaturesFilter,
    current_model_id,
    vector_fact,
    warn_about_weights,
    with_state,
)
from .descriptors import DescriptorError, get_descriptor
from .extraction import clear_features, pending_ids
from .models import Collection, Image
from .querysets import ImageQuerySet
from .tasks import enqueue_extraction, in_words


def thumbnail(image: Image, size: str) -> str:
    """Return an `<img>`; the fingerprint in its address lets browsers keep it for good."""
    address = reverse("catalog:thumbnail", args=[image.pk, size])
    return format_html(
        '<img class="catalog-thumbnail" src="{}?v={}" alt="" loading="lazy">',
        address,
        image.sha256[:12],
    )


class CatalogAdmin(admin.ModelAdmin):
    """What both admins share: style, and pages that still work where the weights are gone."""

    class Media:
        css = {"all": ["catalog/admin.css"]}

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET":
            warn_about_weights(request)
        return super().changelist_view(request, *args, **kwargs)


@admin.register(Image)
class ImageAdmin(CatalogAdmin):
    """Images come in by import only: their facts are shown, never edited."""

    list_display = ["preview", "name", "features", "collection", "format", "pixels"]
    # The picture is no link: it has no words that a screen reader could call it by.
    list_display_links = ["name"]
    list_filter = ["collection", "format", FeaturesFilter]
    list_per_page = 50
    list_select_related = ["collection"]
    search_fields = ["name"]
    actions = ["extract", "clear"]
    fieldsets = [
        (None, {"fields": ["picture", "name", "collection", "neighbours"]}),
        (
            _("File"),
            {
                "fields": [
                    *("source_name", "source_modified", "stored_as", "external", "format"),
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
        # Asked of the user: by itself "may change" is no for everybody here.
        return super().has_view_permission(request, obj) or self.has_extract_permission(request)

    def has_extract_permission(self, request: HttpRequest) -> bool:
        """The permission to change images is what lets a user have features made or cleared."""
        return request.user.has_perm("catalog.change_image")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_state(super().get_queryset(request))

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
        return image.file.name

    @admin.display(description="SHA-256")
    def fingerprint(self, image: Image) -> str:
        return format_html('<code class="catalog-fingerprint">{}</code>', image.sha256)

    @admin.display(description=_("features"), ordering="features_state")
    def features(self, image: Image) -> str:
        icon, words = STATES[image.features_state]
        return format_html(
            '<span class="catalog-state catalog-state-{}">'
            '<span class="catalog-icon" aria-hidden="true">{}</span> {}</span>',
            image.features_state,
            icon,
            words,
        )

    @admin.display(description=_("neighbours"))
    def neighbours(self, image: Image) -> str:
        if image.features_state != CURRENT:
            return gettext("Only an image with current features has neighbours.")
        address = reverse("search:similar", args=[image.pk])
        return format_html('<a href="{}">{}</a>', address, gettext("Show similar images"))

    @admin.display(description=_("norm"))
    def norm(self, image: Image) -> str | None:
        return vector_fact(image, lambda vector: float(np.linalg.norm(vector)), "{}", 6)

    @admin.display(description=_("share of zeros"))
    def zeros(self, image: Image) -> str | None:
        return vector_fact(image, lambda vector: 100 * float(np.mean(vector == 0)), "{} %", 1)

    @admin.action(description=_("Extract features"), permissions=["extract"])
    def extract(self, request: HttpRequest, queryset: ImageQuerySet) -> None:
        """Extract what has no current vector, failed images included; redo nothing."""
        try:
            ids = pending_ids(images=queryset, descriptor=get_descriptor(), retry_failed=True)
        except DescriptorError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        if not ids:
            text = gettext(
                "Every selected image has current features. To redo them, clear them first."
            )
            self.message_user(request, text, messages.INFO)
        results = []
        for result in enqueue_extraction(ids):
            results.append(result)
            if result.is_finished and result.errors:
                break  # the next ones would fail for the same reason
        for level, text in in_words(results):
            self.message_user(request, text, level)

    @admin.action(description=_("Clear features"), permissions=["extract"])
    def clear(self, request: HttpRequest, queryset: ImageQuerySet) -> None:
        something = Q(fc6__isnull=False) | ~Q(fc6_error="")
        number = clear_features(images=queryset.filter(something))
        text = ngettext(
            "Cleared the features of %(number)s image.",
            "Cleared the features of %(number)s images.",
            number,
        ) % {"number": localize(number)}
        self.message_user(request, text, messages.SUCCESS if number else messages.INFO)


class WithoutVectors(NestedObjects):
    """Finds what a deletion takes along; by default Django reads every column of every image."""

    def related_objects(self, related_model: type[Model], *args: Any) -> QuerySet:
        found = super().related_objects(related_model, *args)
        return found.defer("fc6") if related_model is Image else found


@admin.register(Collection)
class CollectionAdmin(CatalogAdmin):
    list_display = ["slug", "title", "images", "with_features", "created_at"]
    search_fields = ["slug", "title"]
    fields = ["slug", "title", "images", "created_at"]
    readonly_fields = ["images", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Collection | None = None) -> list[str]:
        # Commands, ground truth and stored files refer to a collection by its short name.
        return ["slug", *self.readonly_fields] if obj else self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        has_features = Q(images__fc6__isnull=False)
        model_id = current_model_id()
        if model_id is not None:
            has_features &= Q(images__fc6_model_id=model_id)
        collections = super().get_queryset(request).with_image_count()
        return collections.annotate(features_count=Count("images", filter=has_features))

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
    def with_features(self, collection: Collection) -> str:
        return localize(collection.features_count)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        collector = WithoutVectors(using=router.db_for_write(Collection), origin=objs)
        collector.collect(objs)
        registered = self.admin_site._registry
        lacking = {
            model._meta.verbose_name
            for model in collector.model_objs
            if model in registered and not registered[model].has_delete_permission(request)
        }

        def line(row: Model) -> str:
            return f"{capfirst(row._meta.verbose_name)}: {row}"

        counts = {m._meta.verbose_name_plural: len(o) for m, o in collector.model_objs.items()}
        return collector.nested(line), counts, lacking, [line(row) for row in collector.protected]
