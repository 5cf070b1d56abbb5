"""Where vectors are kept: the only module that knows that there are two places.

`fc6` is a column of the image's own row (with its model id, time and error); every other
descriptor's vectors, and local features, are rows of `ImageVector`. Everyone else asks
`vectors_of(descriptor)`.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from django.apps import apps
from django.db import models, transaction
from django.db.models import (
    BinaryField,
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Q,
    Value,
    When,
)
from django.utils import timezone

from . import vectors
from .feature_states import FeatureCounts, FeatureFacts, FeatureState
from .streaming import ROWS_AT_A_TIME, in_slices
from .vectors import Float32Array

COLUMN = "fc6"
# 24 MB: a fifth faster than 500 rows. Other descriptors' vectors are of any size.
COLUMNS_STREAMED = 1500
# What a row's own vector is reset to when its picture is replaced.
CLEARED_COLUMN = {"fc6": None, "fc6_model_id": "", "fc6_extracted_at": None, "fc6_error": ""}

StoredVector = tuple[int, int, bytes]  # collection, image, encoded vector
Images = TypeVar("Images", bound=models.QuerySet)


@dataclass(frozen=True, slots=True)
class Version:
    """An image with the content that it had when it was read (SHA-256)."""

    pk: int
    sha256: str


class VectorStore(ABC):
    """The stored vectors of one descriptor.

    Its attributes are field paths from the images that `joined` returns.
    """

    data: str
    model_id: str
    error: str
    extracted_at: str

    def __init__(self, descriptor: str) -> None:
        self.descriptor = descriptor

    def joined(self, images: Images) -> Images:
        """Return the images with this store's fields in reach."""
        return images

    def conditions(self, model_id: str | None) -> dict[FeatureState, Q]:
        """Return each state's condition; for one image exactly one of them holds.

        Without negations, which mean something else where a joined row is missing.
        """
        has_vector, has_none = (Q(**{f"{self.data}__isnull": none}) for none in (False, True))
        failed = Q(**{f"{self.error}__gt": ""})
        sound = Q(**{self.error: ""}) | Q(**{f"{self.error}__isnull": True})
        missing = {FeatureState.MISSING: has_none & sound}
        if model_id is None:
            return missing | {FeatureState.PRESENT: has_vector & sound, FeatureState.FAILED: failed}
        is_current = has_vector & Q(**{self.model_id: model_id})
        is_other = Q(**{f"{self.model_id}__lt": model_id}) | Q(**{f"{self.model_id}__gt": model_id})
        return missing | {
            FeatureState.CURRENT: is_current,
            FeatureState.OUTDATED: has_vector & is_other & sound,
            FeatureState.FAILED: failed & (has_none | is_other),
        }

    def in_state(self, images: Images, model_id: str | None, *states: FeatureState) -> Images:
        """Return the images that are in one of these states."""
        conditions = self.conditions(model_id)
        wanted = Q(pk__in=[])
        for state in states:
            wanted |= conditions.get(state, Q(pk__in=[]))
        return self.joined(images).filter(wanted)

    def state(self, model_id: str | None) -> Case:
        """Return an expression for each joined image's state."""
        whens = [When(q, then=Value(state.value)) for state, q in self.conditions(model_id).items()]
        return Case(*whens, output_field=CharField())

    def counts(self, images: models.QuerySet, model_id: str) -> FeatureCounts:
        """Count the images in each state, in one query."""
        conditions = self.conditions(model_id).items()
        counted = {state.value: Count("pk", filter=q) for state, q in conditions}
        return FeatureCounts(**self.joined(images).aggregate(**counted))

    def other_model_ids(self, images: models.QuerySet, model_id: str) -> list[str]:
        """Return the model ids other than `model_id` of stored vectors, the most frequent first."""
        rows = self.in_state(images, model_id, FeatureState.OUTDATED).order_by()
        counted = rows.values_list(self.model_id).annotate(number=Count("pk"))
        return [found for found, _number in counted.order_by("-number", self.model_id)]

    def facts(self, image: int, model_id: str | None) -> FeatureFacts | None:
        """Return what is known of an image's features; None where there is no such image."""
        found = self.joined(all_images().filter(pk=image)).annotate(state=self.state(model_id))
        row = found.values_list("state", self.model_id, self.error).first()
        return FeatureFacts(FeatureState(row[0]), row[1] or "", row[2] or "") if row else None

    @abstractmethod
    def of_model(self, model_id: str) -> models.QuerySet:
        """Return the rows that hold vectors of this model id, found by an index."""

    def has_current(self, model_id: str) -> bool:
        """Whether any image has a current vector; asked for every page, so nothing is counted."""
        return self.of_model(model_id).exists()

    def count(self, model_id: str) -> int:
        """Return at least the number of current vectors, from an index."""
        return self.of_model(model_id).count()

    @abstractmethod
    def all_current(self, images: models.QuerySet, model_id: str, current: int) -> bool:
        """Whether no image lacks a current vector, of which there are `current`; cheaply."""

    @abstractmethod
    def stream(
        self, model_id: str, *, images: Sequence[int] | None = None
    ) -> Iterator[StoredVector]:
        """Yield the current vectors, of these images or of all, by collection and image.

        While all are read nothing may be written; see `streamed`.
        """

    def of_images(self, ids: Sequence[int], *, model_id: str, dim: int) -> dict[int, Float32Array]:
        """Return the current vectors (dim,) of those of these images that have one, by image.

        Raises `VectorError` for a stored vector of another length.
        """
        found = self.stream(model_id, images=ids)
        return {image: vectors.decode(stored, dim) for _collection, image, stored in found}

    def matrix(
        self, ids: Sequence[int], *, model_id: str, dim: int
    ) -> tuple[list[int], Float32Array]:
        """Return those of these images that have a current vector, and the vectors (N, dim)."""
        found: list[int] = []
        rows = np.empty((len(ids), dim), dtype=np.float32)
        for _collection, image, stored in self.stream(model_id, images=ids):
            rows[len(found)] = vectors.decode(stored, dim)
            found.append(image)
        return found, rows[: len(found)]

    @abstractmethod
    def write_encoded(self, rows: Sequence[tuple[Version, bytes]], *, model_id: str) -> int:
        """Store one batch, all of it or nothing; returns how many images took theirs.

        An image that was deleted, or whose picture was replaced, since it was read takes none.
        """

    def write(
        self, rows: Sequence[tuple[Version, Float32Array]], *, model_id: str, dim: int
    ) -> int:
        """`write_encoded` of vectors (dim,). Raises `VectorError` for what is none."""
        encoded = [(version, vectors.encode(vector, dim)) for version, vector in rows]
        return self.write_encoded(encoded, model_id=model_id)

    @abstractmethod
    def write_errors(self, rows: Sequence[tuple[Version, str]]) -> None:
        """Record why images have no vector. One they have from before stays."""

    @abstractmethod
    def clear(self, images: models.QuerySet) -> int:
        """Remove vectors and recorded errors; returns how many images had any."""


class ColumnStore(VectorStore):
    """Vectors in the column `fc6` of the images."""

    data = "fc6"
    model_id = "fc6_model_id"
    error = "fc6_error"
    extracted_at = "fc6_extracted_at"

    def of_model(self, model_id: str) -> models.QuerySet:
        return all_images().filter(fc6_model_id=model_id)

    def all_current(self, images: models.QuerySet, model_id: str, current: int) -> bool:
        # Two ranges of the index: the cost is that of the images found, not of all there are.
        other = Q(fc6_model_id__lt=model_id) | Q(fc6_model_id__gt=model_id)
        return not images.filter(other).exists()

    def stream(
        self, model_id: str, *, images: Sequence[int] | None = None
    ) -> Iterator[StoredVector]:
        rows = self.of_model(model_id).filter(fc6__isnull=False)
        # Bytes, not arrays: an array for each would cost more than reading it.
        stored = ExpressionWrapper(F("fc6"), output_field=BinaryField())
        rows = rows.order_by("collection", "pk").annotate(stored=stored)
        rows = rows.values_list("collection", "pk", "stored")
        return in_slices(rows, "pk", images, at_a_time=COLUMNS_STREAMED)

    def write_encoded(self, rows: Sequence[tuple[Version, bytes]], *, model_id: str) -> int:
        made = {"fc6_model_id": model_id, "fc6_extracted_at": timezone.now(), "fc6_error": ""}
        with transaction.atomic():
            return sum(
                unchanged(version).update(fc6=Value(data, BinaryField()), **made)
                for version, data in rows
            )

    def write_errors(self, rows: Sequence[tuple[Version, str]]) -> None:
        with transaction.atomic():
            for version, error in rows:
                unchanged(version).update(fc6_error=error)

    def clear(self, images: models.QuerySet) -> int:
        something = Q(fc6__isnull=False) | Q(fc6_error__gt="")
        return images.filter(something).update(**CLEARED_COLUMN)


class TableStore(VectorStore):
    """Vectors in rows of `ImageVector`, at most one for an image and descriptor."""

    def __init__(self, descriptor: str) -> None:
        super().__init__(descriptor)
        # A name of its own for each descriptor, so that one query can join several.
        self.alias = f"kept_{hashlib.sha256(descriptor.encode()).hexdigest()[:8]}"
        self.data = f"{self.alias}__data"
        self.model_id = f"{self.alias}__model_id"
        self.error = f"{self.alias}__error"
        self.extracted_at = f"{self.alias}__extracted_at"

    def joined(self, images: Images) -> Images:
        own = FilteredRelation("vectors", condition=Q(vectors__descriptor=self.descriptor))
        return images.annotate(**{self.alias: own})

    def rows(self) -> models.QuerySet:
        return apps.get_model("catalog.ImageVector").objects.filter(descriptor=self.descriptor)

    def of_model(self, model_id: str) -> models.QuerySet:
        return self.rows().filter(model_id=model_id)

    def all_current(self, images: models.QuerySet, model_id: str, current: int) -> bool:
        return images.count() == current

    def stream(
        self, model_id: str, *, images: Sequence[int] | None = None
    ) -> Iterator[StoredVector]:
        rows = self.of_model(model_id).filter(data__isnull=False)
        rows = rows.order_by("image__collection", "image")
        rows = rows.values_list("image__collection", "image", "data")
        return in_slices(rows, "image", images, at_a_time=ROWS_AT_A_TIME)

    def write_encoded(self, rows: Sequence[tuple[Version, bytes]], *, model_id: str) -> int:
        made = {"model_id": model_id, "extracted_at": timezone.now()}
        stored = [(version, made | {"data": data}) for version, data in rows]
        return self._upsert(stored, replacing=["data", "model_id", "extracted_at", "error"])

    def write_errors(self, rows: Sequence[tuple[Version, str]]) -> None:
        self._upsert([(v, {"error": error}) for v, error in rows], replacing=["error"])

    def clear(self, images: models.QuerySet) -> int:
        chosen = {"descriptor": self.descriptor, "image__in": images.order_by().values("pk")}
        with transaction.atomic():
            # Parts of pictures go with them.
            apps.get_model("catalog.ImageRegions").objects.filter(**chosen).delete()
            return self.rows().filter(**chosen).delete()[0]

    def _upsert(
        self, rows: Sequence[tuple[Version, dict[str, Any]]], *, replacing: list[str]
    ) -> int:
        if not rows:
            return 0
        model = apps.get_model("catalog.ImageVector")
        with transaction.atomic():
            # Locked, so that no picture is replaced between this look and the commit.
            images = all_images().filter(pk__in=[version.pk for version, _fields in rows])
            there = set(images.select_for_update().values_list("pk", "sha256"))
            kept = [
                model(image_id=version.pk, descriptor=self.descriptor, **fields)
                for version, fields in rows
                if (version.pk, version.sha256) in there
            ]
            model.objects.bulk_create(
                kept,
                update_conflicts=True,
                unique_fields=["image", "descriptor"],
                update_fields=replacing,
            )
        return len(kept)


def vectors_of(descriptor: str) -> VectorStore:
    """Return the store of the vectors of the descriptor with this name."""
    return ColumnStore(descriptor) if descriptor == COLUMN else TableStore(descriptor)


def all_images() -> models.QuerySet:
    return apps.get_model("catalog.Image").objects.all()


def unchanged(version: Version) -> models.QuerySet:
    return all_images().filter(pk=version.pk, sha256=version.sha256)
