"""Reads of the catalogue. Lists never load vectors: the default manager defers them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.db.models import Count, F, Min, Q
from django.utils.translation import gettext as _

from .feature_states import FeatureCounts, FeatureState
from .names import canonical, folded, is_part, printable
from .vectorstore import all_images, vectors_of
from .visibility import Scope, VisibleQuerySet

# Models import this module, so it cannot name them.
ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


class UnknownCollection(LookupError):
    """No collection has the short name that was asked for; the message lists those there are."""


class CollectionQuerySet(VisibleQuerySet[ModelT]):
    of_collection = ("pk",)

    def with_image_count(self) -> Self:
        return self.annotate(image_count=Count("images"))

    def by_slug(self, slug: str) -> ModelT:
        """Return the collection `slug`; raises `UnknownCollection` naming the choices."""
        try:
            return self.get(slug=slug)
        except ObjectDoesNotExist:
            known = ", ".join(self.values_list("slug", flat=True)) or _("none yet")
            raise UnknownCollection(
                _("There is no collection “%(slug)s”. Collections: %(known)s.")
                % {"slug": printable(slug), "known": known}
            ) from None

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete collections and what belongs to them; returns counts as Django does."""
        self._for_write = True
        with transaction.atomic(using=self.db):
            ids = list(self.values_list("pk", flat=True))
            # Images first: a cascade would load their vectors along with them.
            _total, rows = all_images().using(self.db).filter(collection__in=ids).delete()
            _total, others = models.QuerySet(self.model, using=self.db).filter(pk__in=ids).delete()
        counts = dict(Counter(rows) + Counter(others))
        return sum(counts.values()), counts

    # No manager has it. An attribute of a function, as Django wants it.
    delete.queryset_only = True  # type: ignore[attr-defined]


class ImageQuerySet(VisibleQuerySet[ModelT]):
    def in_scope(self, scope: Scope) -> Self:
        """Restrict to what is searched."""
        return self if scope.keys is None else self.filter(collection__in=scope.keys)

    def in_collection(self, collection: models.Model | None) -> Self:
        """Restrict to one collection; None means every collection."""
        return self if collection is None else self.filter(collection=collection)

    def name_contains(self, text: str) -> Self:
        """Images with `text` in their name, in any letter case and any form of its letters."""
        if not text:
            return self
        return self.filter(folded_name__contains=folded(text)) if is_part(text) else self.none()

    def with_shape(self, shape: str) -> Self:
        """Images that are `landscape`, `portrait` or `square`; all of them for ''."""
        conditions = {
            "landscape": Q(width__gt=F("height")),
            "portrait": Q(width__lt=F("height")),
            "square": Q(width=F("height")),
        }
        return self.filter(conditions[shape]) if shape else self

    def narrowed(
        self,
        *,
        name: str = "",
        shape: str = "",
        least: int | None = None,
        since: date | None = None,
    ) -> Self:
        """Images with `name` in their name, of a shape, whose longer side has at least so many
        pixels, and that were imported on that day or later."""
        found = self.name_contains(name).with_shape(shape)
        if least:
            found = found.filter(Q(width__gte=least) | Q(height__gte=least))
        return found.filter(imported_at__date__gte=since) if since else found

    def update(self, **values: Any) -> int:
        if isinstance(name := values.get("name"), str):
            values["folded_name"] = folded(name)
        return super().update(**values)

    def with_features(
        self, descriptor: str, model_id: str | None, *, name: str = "features"
    ) -> Self:
        """Annotate each image's `FeatureState` as `name`; `model_id` None: it is not known."""
        store = vectors_of(descriptor)
        return store.joined(self).annotate(**{name: store.state(model_id)})

    def in_feature_state(
        self, descriptor: str, model_id: str | None, *states: FeatureState
    ) -> Self:
        """Images that are in one of these states for this descriptor and model id."""
        return vectors_of(descriptor).in_state(self, model_id, *states)

    def with_current(self, descriptor: str, model_id: str) -> Self:
        """Images that searches by this descriptor and model id find."""
        return self.in_feature_state(descriptor, model_id, FeatureState.CURRENT)

    def to_extract(self, descriptor: str, model_id: str, *, retry_failed: bool = False) -> Self:
        """Images without a current vector; those whose last attempt failed with `retry_failed`."""
        states = [FeatureState.MISSING, FeatureState.OUTDATED]
        if retry_failed:
            states.append(FeatureState.FAILED)
        return self.in_feature_state(descriptor, model_id, *states)

    def feature_counts(self, descriptor: str, model_id: str) -> FeatureCounts:
        """Count the images in each state."""
        return vectors_of(descriptor).counts(self, model_id)

    def beside(self, image: Any) -> tuple[ModelT | None, ModelT | None]:
        """Return the images before and after this one in its collection, by name."""
        same = self.filter(collection=image.collection_id)
        before = same.filter(name__lt=image.name).order_by("-name").first()
        return before, same.filter(name__gt=image.name).order_by("name").first()

    def covers(self) -> dict[int, ModelT]:
        """Return of each collection the image that came in first, by the collection's number."""
        first = dict(self.order_by().values_list("collection").annotate(first=Min("pk")))
        images = self.in_bulk(list(first.values()))
        return {collection: images[pk] for collection, pk in first.items() if pk in images}

    def named(self, names: Sequence[str]) -> dict[str, ModelT]:
        """Return the images with these names, by name; to be asked of one collection's images."""
        found: dict[str, ModelT] = {}
        for part in in_parts(names):
            images: models.QuerySet[Any] = self.filter(name__in=part)
            found |= {image.name: image for image in images}
        wanted = {name: canonical(name) for name in names}
        return {name: found[key] for name, key in wanted.items() if key in found}


# Databases take a limited number of values in one statement.
VALUES_AT_A_TIME = 500

Value = TypeVar("Value")


def in_parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Cut values into parts that fit into one statement."""
    for start in range(0, len(values), VALUES_AT_A_TIME):
        yield values[start : start + VALUES_AT_A_TIME]


# A name of its own, because mypy cannot follow a call among the bases of a class.
ImagesManager = models.Manager.from_queryset(ImageQuerySet)


class ImageManager(ImagesManager):
    """Images without their vectors; `image.fc6` fetches one."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().defer("fc6")


class ImageVectorManager(models.Manager):
    """Vectors' rows without the vectors themselves."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().defer("data")


class ImageRegionsQuerySet(models.QuerySet):
    """Regions' rows; whoever needs no numbers asks for other fields only."""

    def of_model(self, descriptor: str, model_id: str) -> Self:
        """The rows of this descriptor and model id, found by an index."""
        return self.filter(descriptor=descriptor, model_id=model_id)

    def within(self, collections: frozenset[int] | None) -> Self:
        """The rows of the images of the collections with these primary keys; None: of all."""
        return self if collections is None else self.filter(image__collection__in=collections)


class NothingManager(models.Manager):
    """No rows at all."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().none()
