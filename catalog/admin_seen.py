"""The administration shows its users what they see: no row, choice or filter beyond that."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest

from .visibility import VisibleQuerySet


def seen(rows: QuerySet, request: HttpRequest) -> QuerySet:
    """Return those of the rows that the user sees; all where they are of no collection."""
    return rows.visible_to(request.user) if isinstance(rows, VisibleQuerySet) else rows


class SeenAdmin(admin.ModelAdmin):
    """An admin of rows that are about collections."""

    def view_on_site(self, obj: Any) -> str | None:
        """Return the page of what has one; Django's own way tells anybody what there is."""
        return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return seen(super().get_queryset(request), request)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        model = db_field.remote_field.model
        kwargs.setdefault("queryset", seen(model._default_manager.all(), request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class SeenFilter(RelatedFieldListFilter):
    """Offers what the user sees, by ("field", SeenFilter) in an admin's `list_filter`."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        model = cast(type[Model], field.remote_field.model)
        ordering = self.field_admin_ordering(field, request, model_admin)
        rows = seen(model._default_manager.all(), request).order_by(*ordering)
        return [(row.pk, str(row)) for row in rows]
