"""What the admin pages of the evaluation share."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog.admin_seen import SeenAdmin
from catalog.names import canonical


class ReadOnlyAdmin(SeenAdmin):
    """Rows that are shown, never edited here; deleting stays possible where it makes sense."""

    class Media:
        css = {"all": ["catalog/admin.css", "evaluation/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Asked of the user, because `has_change_permission` is False for everybody here.
        name = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return super().has_view_permission(request, obj) or request.user.has_perm(name)


class NameSearch(SeenAdmin):
    """A search for names finds them in whatever form their letters were typed."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return super().get_search_results(request, queryset, canonical(search_term))


class PresenceFilter(admin.SimpleListFilter):
    """Whether the collection has the image; the list's query must be `with_presence()`."""

    title = _("picture in the collection")
    parameter_name = "present"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(present=self.value() == "yes")
        return queryset


def counted_link(view: str, query: str, number: int) -> str:
    return format_html('<a href="{}?{}">{}</a>', reverse(view), query, localize(number))


class WholeDeletionAdmin(ReadOnlyAdmin):
    """What hangs on a row is named by number: listing it would read every ranking.

    `also_deleted`: models with rows that somebody worked for and that go with it; they need their
    own permission. Topics and labels are the benchmark itself.
    """

    also_deleted: tuple[type[Model], ...] = ()

    def dependents(self, rows: list[Any]) -> dict[str, int]:
        raise NotImplementedError

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        rows = list(objs)
        lacking = set()
        if not self.has_delete_permission(request):
            lacking.add(self.opts.verbose_name)
        counts = self.dependents(rows)
        for model in self.also_deleted:
            name = model._meta.verbose_name_plural
            permission = f"{model._meta.app_label}.delete_{model._meta.model_name}"
            if counts.get(str(name)) and not request.user.has_perm(permission):
                lacking.add(name)
        return [str(row) for row in rows], counts, lacking, []
