"""Parts of a shared extraction as rows."""

from typing import Self

from django.db import models
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from work.models import Job

from .descriptors import PictureDescriptor


class ClaimQuerySet(models.QuerySet):
    def of(self, descriptor: PictureDescriptor) -> Self:
        return self.filter(descriptor=descriptor.name)

    def waiting_images(self) -> int:
        """How many images are in these claims."""
        return self.aggregate(all=Sum("size"))["all"] or 0


class Claim(models.Model):
    """Images, `size` of them, to be described by one worker, and the `job` that does so, once one
    has taken it.

    Deleted when it is done.
    """

    descriptor = models.CharField(_("descriptor"), max_length=50)
    batch_size = models.PositiveIntegerField()
    images = models.JSONField()
    size = models.PositiveIntegerField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["descriptor"], name="catalog_claim_descriptor")]

    def __str__(self) -> str:
        return f"{self.descriptor}: {self.size}"
