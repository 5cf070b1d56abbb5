"""What the admin shows before it deletes, found without reading a single vector."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects
from django.db import router
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import capfirst

from .models import Image, ImageRegions, ImageVector


class WithoutVectors(NestedObjects):
    """Finds what a deletion takes along; by default Django reads every column of every image."""

    def related_objects(self, related_model: type[Model], *args: Any) -> QuerySet:
        found = super().related_objects(related_model, *args)
        if related_model in (ImageVector, ImageRegions):
            return found.none()  # part of its image, and not worth a line of its own
        return found.defer("fc6") if related_model is Image else found


class DeletionWithoutVectors(admin.ModelAdmin):
    """An admin whose confirmation pages load no vectors."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        # Any: the stubs take its models and protected rows for strings.
        collector: Any = WithoutVectors(using=router.db_for_write(self.model), origin=objs)
        collector.collect(objs)
        registered = self.admin_site._registry
        lacking = {
            model._meta.verbose_name
            for model in collector.model_objs
            if model in registered and not registered[model].has_delete_permission(request)
        }

        def line(row: Model) -> str:
            return f"{capfirst(str(row._meta.verbose_name))}: {row}"

        counts = {m._meta.verbose_name_plural: len(o) for m, o in collector.model_objs.items()}
        return collector.nested(line), counts, lacking, [line(row) for row in collector.protected]
