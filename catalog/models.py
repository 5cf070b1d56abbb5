"""What the catalogue holds: collections of images, each with its vectors; and what was learned."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .addresses import address
from .claim_models import Claim as Claim
from .fields import FoldedNameField, NameField, VectorField
from .learned_models import Vocabulary as Vocabulary
from .learned_models import Whitening as Whitening
from .names import LONGEST, printable
from .querysets import (
    CollectionQuerySet,
    ImageManager,
    ImageRegionsQuerySet,
    ImageVectorManager,
    NothingManager,
)
from .vectors import FC6_DIM
from .visibility import SEES_ALL


def stored_path(image: "Image", filename: str) -> str:
    """Where an imported picture lies in the storage: by content, never by the name it came with.

    So a replaced picture has a new address (caches need no invalidation), and no name from
    outside can leave its folder, be too long or clash on a case-insensitive file system.
    """
    extension = EXTENSIONS[image.format]
    return f"images/{image.collection.slug}/{image.sha256[:2]}/{image.sha256}{extension}"


class PictureFormat(models.TextChoices):
    JPEG = "JPEG", "JPEG"
    PNG = "PNG", "PNG"
    WEBP = "WEBP", "WebP"
    GIF = "GIF", "GIF"
    BMP = "BMP", "BMP"
    TIFF = "TIFF", "TIFF"
    HEIC = "HEIF", "HEIC"
    AVIF = "AVIF", "AVIF"


EXTENSIONS: dict[str, str] = {
    PictureFormat.JPEG: ".jpg",
    PictureFormat.PNG: ".png",
    PictureFormat.WEBP: ".webp",
    PictureFormat.GIF: ".gif",
    PictureFormat.BMP: ".bmp",
    PictureFormat.TIFF: ".tif",
    PictureFormat.HEIC: ".heic",
    PictureFormat.AVIF: ".avif",
}


class Collection(models.Model):
    """A named set of images, such as one benchmark's."""

    slug = models.SlugField(_("short name"), unique=True, max_length=50)
    title = NameField(_("title"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    groups = models.ManyToManyField(
        Group,
        blank=True,
        related_name="collections",
        verbose_name=_("visible to"),
        help_text=_("Only to members of these groups; to everybody who may search, without any."),
    )

    objects = CollectionQuerySet.as_manager()

    # Where `with_image_count()` read the row.
    image_count: int

    class Meta:
        ordering = ["slug"]
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        permissions = [(SEES_ALL.partition(".")[2], "Can see every collection, whomever it is for")]

    def __str__(self) -> str:
        return printable(self.title) or self.slug

    def delete(
        self, *_args: Any, using: str | None = None, **_kwargs: Any
    ) -> tuple[int, dict[str, int]]:
        """Delete the collection and what belongs to it, without loading vectors."""
        deleted = Collection.objects.using(using).filter(pk=self.pk).delete()
        self.pk = None
        return deleted


class Image(models.Model):
    """One picture of a collection: its file, its facts, and its fc6 vector.

    `fc6` is a unit vector (4096,) float32, or None; `fc6_model_id` says which numbers made it.
    The default manager leaves vectors in the database until they are asked for. Vectors of other
    descriptors are rows of `ImageVector`; `vectorstore.py` hides the difference.
    """

    collection = models.ForeignKey(
        Collection, models.CASCADE, related_name="images", verbose_name=_("collection")
    )
    name = NameField(
        _("name"),
        max_length=LONGEST,
        help_text=_("Path below the import folder, with slashes, without extension."),
    )
    # The default is for other programs that write rows.
    folded_name = FoldedNameField(db_default="", editable=False)
    # As the folder spells it, because that is how the file is found.
    source_name = models.CharField(
        _("source file"), max_length=LONGEST, help_text=_("Path below the import folder.")
    )
    source_modified = models.DateTimeField(_("source changed"), null=True, blank=True)
    file = models.FileField(_("file"), upload_to=stored_path, max_length=220)
    external = models.BooleanField(
        _("external file"),
        default=False,
        help_text=_("It was already in the storage; deleting the image leaves it there."),
    )
    format = models.CharField(_("format"), max_length=8, choices=PictureFormat.choices)
    width = models.PositiveIntegerField(_("width"), validators=[MinValueValidator(1)])
    height = models.PositiveIntegerField(_("height"), validators=[MinValueValidator(1)])
    byte_size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    imported_at = models.DateTimeField(_("imported"), auto_now_add=True)
    # By which rules its file was last turned into pixels (`pixels.READING`); see `rereading.py`.
    reading = models.PositiveSmallIntegerField(db_default=1, editable=False)

    fc6_model_id = models.CharField(_("model id"), max_length=100, blank=True, editable=False)
    fc6_extracted_at = models.DateTimeField(_("features extracted"), null=True, editable=False)
    fc6_error = models.TextField(_("extraction error"), blank=True, editable=False)
    # Last, so that SQLite finds the other columns without walking a row's 16 KB overflow chain.
    fc6 = VectorField(_("fc6 vector"), dim=FC6_DIM, null=True, editable=False)

    objects = ImageManager()

    class Meta:
        ordering = ["collection", "name"]
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "name"], name="catalog_image_unique_name"
            ),
            models.UniqueConstraint(
                fields=["collection", "source_name"], name="catalog_image_unique_source"
            ),
        ]
        indexes = [
            models.Index(fields=["collection", "sha256"], name="catalog_image_content"),
            models.Index(fields=["fc6_model_id", "collection"], name="catalog_image_model_id"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    def get_absolute_url(self) -> str:
        return address("catalog:image", self.pk)

    @property
    def shown_name(self) -> str:
        """The name as pages, terminals and files show it: on one line, nothing hidden."""
        return printable(self.name)

    @property
    def shown_source(self) -> str:
        return printable(self.source_name)


class ImageVector(models.Model):
    """An image's vector of a descriptor other than fc6, or the error of the last attempt.

    `data` is a unit vector as `vectors.encode` stores it, 4 bytes a component, or None. Of a local
    descriptor it is the picture's set of local features (`descriptors/local/features.py`).
    """

    image = models.ForeignKey(
        Image, models.CASCADE, related_name="vectors", verbose_name=_("image")
    )
    descriptor = models.CharField(_("descriptor"), max_length=50)
    model_id = models.CharField(_("model id"), max_length=200, blank=True)
    extracted_at = models.DateTimeField(_("features extracted"), null=True)
    error = models.TextField(_("extraction error"), blank=True)
    # Last, for the same reason as `Image.fc6`.
    data = models.BinaryField(null=True)

    objects = ImageVectorManager()

    class Meta:
        verbose_name = _("vector")
        verbose_name_plural = _("vectors")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "descriptor"], name="catalog_imagevector_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["descriptor", "model_id"], name="catalog_imagevector_model_id"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id}: {self.descriptor}"


class ImageRegions(models.Model):
    """The vectors of an image's regions, kept on request beside its vector of the same descriptor.

    `data` is (R, D) unit rows and `boxes` (R, 4) as (x1, y1, x2, y2) in shares of width and
    height, both little-endian half floats.
    """

    image = models.ForeignKey(
        Image, models.CASCADE, related_name="regions", verbose_name=_("image")
    )
    descriptor = models.CharField(_("descriptor"), max_length=50)
    model_id = models.CharField(_("model id"), max_length=200)
    boxes = models.BinaryField()
    data = models.BinaryField()

    objects = ImageRegionsQuerySet.as_manager()

    class Meta:
        verbose_name = _("regions")
        verbose_name_plural = _("regions")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "descriptor"], name="catalog_imageregions_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["descriptor", "model_id"], name="catalog_imageregions_model_id"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id}: {self.descriptor}"


class VectorChange(models.Model):
    """The last change of an image's vector, written by database triggers (`triggers.py`).

    One row per image and descriptor that ever had a vector, deleted ones included; a higher `seq`
    is a later change. Whoever keeps a copy of the vectors reads the rows above the `seq` it has
    seen.
    """

    seq = models.BigAutoField(primary_key=True)
    image_id = models.BigIntegerField()
    descriptor = models.CharField(max_length=50, default="fc6")

    # The first manager is the one that dumpdata reads. A dump must not hold changes: loading its
    # images makes the triggers write them, and they would clash with those of the dump.
    dumped = NothingManager()
    objects = models.Manager()

    class Meta:
        verbose_name = _("vector change")
        verbose_name_plural = _("vector changes")
        constraints = [
            models.UniqueConstraint(
                fields=["image_id", "descriptor"], name="catalog_vectorchange_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: image {self.image_id}, {self.descriptor}"
