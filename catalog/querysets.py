"""Reads of the catalogue. Lists never load vectors: the default manager defers them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _


class UnknownCollection(LookupError):
    """No collection has the short name that was asked for; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class FeatureCounts:
    """How many images of a set can be searched, and why the others cannot.

    `current` have a vector of the model id asked about. Of the others, `failed` have a recorded
    extraction error, `outdated` have a vector of another model id, `missing` have none yet.
    """

    current: int
    outdated: int
    failed: int
    missing: int

    @property
    def total(self) -> int:
        return self.current + self.left_out

    @property
    def left_out(self) -> int:
        return self.outdated + self.failed + self.missing


class CollectionQuerySet(models.QuerySet):
    def with_image_count(self) -> "CollectionQuerySet":
        return self.annotate(image_count=Count("images"))

    def by_slug(self, slug: str) -> models.Model:
        """Return the collection `slug`; raises `UnknownCollection` naming the choices."""
        try:
            return self.get(slug=slug)
        except self.model.DoesNotExist:
            known = ", ".join(self.values_list("slug", flat=True)) or _("none yet")
            raise UnknownCollection(
                _("There is no collection “%(slug)s”. Collections: %(known)s.")
                % {"slug": slug, "known": known}
            ) from None

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete collections and what belongs to them; returns counts as Django does."""
        images = self.model._meta.get_field("images").related_model
        self._for_write = True
        with transaction.atomic(using=self.db):
            ids = list(self.values_list("pk", flat=True))
            # Images first: a cascade would load their vectors along with them.
            _total, rows = images.objects.using(self.db).filter(collection__in=ids).delete()
            _total, others = models.QuerySet(self.model, using=self.db).filter(pk__in=ids).delete()
        counts = dict(Counter(rows) + Counter(others))
        return sum(counts.values()), counts

    delete.alters_data = True  # no template may call it
    delete.queryset_only = True  # and no manager has it


class ImageQuerySet(models.QuerySet):
    def with_vectors(self) -> "ImageQuerySet":
        return self.defer(None)

    def in_collection(self, collection: models.Model | None) -> "ImageQuerySet":
        """Restrict to one collection; None means every collection."""
        return self if collection is None else self.filter(collection=collection)

    def name_contains(self, text: str) -> "ImageQuerySet":
        return self.filter(name__icontains=text) if text else self

    def with_current(self, descriptor: str, model_id: str) -> "ImageQuerySet":
        """Images with a vector of this descriptor (its field's name) and model id."""
        return self.filter(**{f"{descriptor}_model_id": model_id, f"{descriptor}__isnull": False})

    def without_current_fc6(self, model_id: str) -> "ImageQuerySet":
        return self.exclude(fc6_model_id=model_id, fc6__isnull=False)

    def of_other_fc6_model(self, model_id: str) -> "ImageQuerySet":
        """Images without a vector, or with one of another model id.

        As two ranges of the index: the cost is that of the images found, not of all there are.
        """
        return self.filter(Q(fc6_model_id__lt=model_id) | Q(fc6_model_id__gt=model_id))

    def outdated_fc6(self, model_id: str) -> "ImageQuerySet":
        return self.filter(fc6__isnull=False, fc6_error="").exclude(fc6_model_id=model_id)

    def failed_fc6(self) -> "ImageQuerySet":
        return self.exclude(fc6_error="")

    def missing_fc6(self) -> "ImageQuerySet":
        return self.filter(fc6__isnull=True, fc6_error="")

    def pending_fc6(self, model_id: str, *, retry_failed: bool = False) -> "ImageQuerySet":
        """Images to extract; those whose last attempt failed only with `retry_failed`."""
        pending = self.without_current_fc6(model_id)
        return pending if retry_failed else pending.filter(fc6_error="")

    def feature_counts(self, model_id: str) -> FeatureCounts:
        is_current = Q(fc6__isnull=False, fc6_model_id=model_id)
        has_failed = ~is_current & ~Q(fc6_error="")
        counts = self.aggregate(
            current=Count("pk", filter=is_current),
            failed=Count("pk", filter=has_failed),
            outdated=Count("pk", filter=Q(fc6__isnull=False) & ~is_current & ~has_failed),
            missing=Count("pk", filter=Q(fc6__isnull=True) & ~has_failed),
        )
        return FeatureCounts(**counts)

    def named(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the images with these names, by name; to be asked of one collection's images."""
        return {
            image.name: image for part in in_parts(names) for image in self.filter(name__in=part)
        }


# Databases take a limited number of values in one statement.
VALUES_AT_A_TIME = 500

Value = TypeVar("Value")


def in_parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Cut values into parts that fit into one statement."""
    for start in range(0, len(values), VALUES_AT_A_TIME):
        yield values[start : start + VALUES_AT_A_TIME]


class ImageManager(models.Manager.from_queryset(ImageQuerySet)):
    """Images without their vectors; `with_vectors()` or `image.fc6` fetches them."""

    def get_queryset(self) -> ImageQuerySet:
        return super().get_queryset().defer("fc6")


class NothingManager(models.Manager):
    """No rows at all."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().none()
