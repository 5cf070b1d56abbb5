"""Stored queries: a result page has a permanent address because its query is kept."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Count, Max, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.descriptors import DEFAULT
from catalog.files.aliases import query_storage
from catalog.files.thumbnails import SIZES, fitted
from catalog.models import Collection, Image
from catalog.pixels import Box
from catalog.querysets import NothingManager
from catalog.visibility import VisibleQuerySet

from .duplicates.pairs import NearestPairs

# A row with a vector of fc6, which is 16 KB.
ROW_BYTES = 20_000


def stored_path(query: "Query", filename: str) -> str:
    return f"queries/{query.pk}.jpg"


class QueryQuerySet(VisibleQuerySet):
    of_collection = ("collection", "image__collection")

    def expired(self, days: int) -> "QueryQuerySet":
        """Queries older than `days` days."""
        return self.filter(created_at__lt=timezone.now() - timedelta(days=days))

    def used_bytes(self) -> int:
        """The room that these queries take: each picture's file once, and `ROW_BYTES` a row."""
        pictures = (
            self.order_by().values("picture").annotate(size=Max("byte_size"), rows=Count("*"))
        )
        total = pictures.aggregate(all_sizes=Sum("size"), all_rows=Sum("rows"))
        return (total["all_sizes"] or 0) + ROW_BYTES * (total["all_rows"] or 0)


class Query(models.Model):
    """An uploaded picture, or a part of one or of an `image`, to be ranked by `recipe`.

    `picture` is a re-encoded working copy without metadata, at most 1600 pixels a side; a query
    and those for parts of it name one file, of `byte_size` bytes (0: unknown). The box
    (x1, y1, x2, y2), where there is one, is in pixels of the working copy.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(
        Collection,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="queries",
        verbose_name=_("collection"),
    )
    image = models.ForeignKey(
        Image,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("image"),
        help_text=_("The image of the catalogue whose part it is."),
    )
    picture = models.FileField(
        _("picture"), upload_to=stored_path, storage=query_storage, max_length=100
    )
    byte_size = models.PositiveBigIntegerField(_("size in bytes"), default=0, editable=False)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    x1 = models.FloatField(null=True, blank=True)
    y1 = models.FloatField(null=True, blank=True)
    x2 = models.FloatField(null=True, blank=True)
    y2 = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True, db_index=True)
    recipe = models.CharField(_("way to rank"), max_length=50, default=DEFAULT)

    objects = QueryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("query")
        verbose_name_plural = _("queries")
        # Answers who else has a picture, and how much room all of them take, without the rows.
        indexes = [models.Index(fields=["picture", "byte_size"], name="search_query_pictures")]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("search:results", args=[self.pk])

    @property
    def box(self) -> Box | None:
        x1, y1, x2, y2 = self.x1, self.y1, self.x2, self.y2
        if x1 is None or y1 is None or x2 is None or y2 is None:
            return None
        return x1, y1, x2, y2

    @property
    def whole(self) -> "Query | None":
        """The query for the whole of the picture that this is a part of; None where it is gone."""
        if self.box is None:
            return None
        return Query.objects.filter(picture=self.picture.name, x1=None).first()

    @property
    def source_image(self) -> Image | None:
        """The `image` without its vectors, which a plain foreign key would read."""
        return Image.objects.filter(pk=self.image_id).first() if self.image_id else None

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of the rendition that pages show."""
        return fitted(self.width, self.height, SIZES["medium"])

    @property
    def retention_days(self) -> int:
        return settings.SIS_QUERY_DAYS


class QueryVector(models.Model):
    """A query's vector of one descriptor, as `vectors.encode` stores it.

    That of the descriptor it was first asked with comes from the pixels as they were uploaded;
    others, and those made anew for another model id, from the working copy.
    """

    query = models.ForeignKey(Query, models.CASCADE, related_name="vectors")
    descriptor = models.CharField(_("descriptor"), max_length=50)
    model_id = models.CharField(_("model id"), max_length=200)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("query vector")
        verbose_name_plural = _("query vectors")
        constraints = [
            models.UniqueConstraint(
                fields=["query", "descriptor"], name="search_queryvector_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.query_id}: {self.descriptor}"


class CollectionRecipe(models.Model):
    """The recipe by which pages rank a collection unless another is asked for."""

    collection = models.OneToOneField(
        Collection, models.CASCADE, related_name="kept_recipe", verbose_name=_("collection")
    )
    recipe = models.CharField(_("way to rank"), max_length=50)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("way to rank a collection")
        verbose_name_plural = _("ways to rank collections")

    def __str__(self) -> str:
        return f"{self.collection}: {self.recipe}"


class DuplicateScanManager(models.Manager):
    """Scans without their pairs; `scan.pairs` fetches them."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().defer("ids_data", "distances_data")


class DuplicateScan(models.Model):
    """The latest comparison of a collection with itself: which pairs are near, and how near.

    `usual` is the median distance between two of its pictures, `suggested` how near nearly the
    same is; `compared` counts pictures. A pair's images may have been deleted since.
    """

    collection = models.OneToOneField(
        Collection, models.CASCADE, related_name="duplicate_scan", verbose_name=_("collection")
    )
    recipe = models.CharField(_("way to rank"), max_length=50)
    usual = models.FloatField(_("usual distance"))
    suggested = models.FloatField(_("suggested distance"))
    widest = models.FloatField(_("largest distance"))
    compared = models.PositiveIntegerField(_("pictures compared"))
    created_at = models.DateTimeField(_("finished"), auto_now_add=True)
    # int64 (P, 2) and float32 (P,), little-endian, the nearest pair first.
    ids_data = models.BinaryField()
    distances_data = models.BinaryField()

    objects = DuplicateScanManager()

    class Meta:
        verbose_name = _("search for duplicates")
        verbose_name_plural = _("searches for duplicates")

    def __str__(self) -> str:
        return f"{self.collection}: {self.recipe}"

    @property
    def pairs(self) -> NearestPairs:
        return NearestPairs.from_bytes(bytes(self.ids_data), bytes(self.distances_data))


class VectorFileQuerySet(models.QuerySet):
    def of(self, descriptor: str, model_id: str) -> "VectorFileQuerySet":
        """The rows of one model's vectors, the newest first."""
        return self.filter(descriptor=descriptor, model_id=model_id).order_by("-revision", "-pk")


class VectorFile(models.Model):
    """One copy of the vectors in files of the cache (`engines/cache.py`), which carry its mark.

    A database that has the row has all that the files were read from, whatever happened to it
    later; a back-up made earlier, another database or an emptied one has no such row. `revision`
    is the number of the last vector change before the vectors were read: later ones are followed.
    """

    descriptor = models.CharField(_("descriptor"), max_length=50)
    model_id = models.CharField(_("model id"), max_length=200)
    revision = models.BigIntegerField(_("revision"))
    mark = models.BigIntegerField(_("mark"), unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    # The first manager is the one that dumpdata reads. A dump must not vouch for files: loading
    # its images numbers their changes anew, so its revisions would mean nothing.
    dumped = NothingManager()
    objects = VectorFileQuerySet.as_manager()

    class Meta:
        ordering = ["descriptor", "model_id", "-revision", "-pk"]
        verbose_name = _("vector file")
        verbose_name_plural = _("vector files")

    def __str__(self) -> str:
        return f"{self.descriptor} {self.model_id}: {self.revision}-{self.mark:x}"
