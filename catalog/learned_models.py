"""What was learned from a collection, and makes descriptors of a name of its own."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Learned(models.Model):
    """`name` is that of the descriptor that it makes, `source` that of what it was learned from.

    `learned_on` is the short name of the collection, `images` how many of its images it took.
    """

    name = models.CharField(_("name"), max_length=50, unique=True)
    source = models.CharField(_("learned from"), max_length=50)
    source_model_id = models.CharField(_("model id"), max_length=200)
    learned_on = models.CharField(_("learned on collection"), max_length=50)
    images = models.PositiveIntegerField(_("images"))
    digest = models.CharField(_("SHA-256 of what it was learned on"), max_length=64)
    learned_at = models.DateTimeField(_("learned"), default=timezone.now)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Whitening(Learned):
    """A whitening that was learned from stored vectors.

    `mean` (D,) and `matrix` (dim, D) are little-endian float32; `benchmark` is that whose labels
    were used, if any, and `digest` covers them, too.
    """

    dim = models.PositiveIntegerField(_("numbers"))
    benchmark = models.CharField(_("labels of benchmark"), max_length=50, blank=True)
    mean = models.BinaryField()
    matrix = models.BinaryField()

    class Meta(Learned.Meta):
        verbose_name = _("whitening")
        verbose_name_plural = _("whitenings")


class Vocabulary(Learned):
    """Visual words that were learned from stored local features.

    `centroids` (words, 128) are little-endian half floats; `digest` covers them, too. `features` is
    how many they were learned from.
    """

    words = models.PositiveIntegerField(_("words"))
    features = models.PositiveIntegerField(_("local features"))
    centroids = models.BinaryField()

    class Meta(Learned.Meta):
        verbose_name = _("vocabulary")
        verbose_name_plural = _("vocabularies")
