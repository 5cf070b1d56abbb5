"""Trials of recipes on a collection's own pictures: "what ranks best here?".

What was asked for, how far it is, and what came out; no picture that was made for it is kept.
"""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Collection

from ..querysets import TrialQuerySet
from .runs import STALLED_AFTER, Status


class RecipeTrial(models.Model):
    """One trial. `recipes` are the names that were asked for, `pictures` how many are sampled.

    `results` is what `trials.measuring.Outcome.as_dict` gives, empty until it is done; `best` the
    recipe that it suggests, empty where none could be measured.
    """

    collection = models.ForeignKey(
        Collection, models.CASCADE, related_name="recipe_trials", verbose_name=_("collection")
    )
    recipes = models.JSONField(_("ways to rank"), default=list)
    pictures = models.PositiveIntegerField(_("pictures"))
    seed = models.PositiveIntegerField(_("seed"), default=0)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.QUEUED
    )
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_heartbeat_at = models.DateTimeField(_("last heartbeat"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    best = models.CharField(_("best way to rank"), max_length=100, blank=True)
    results = models.JSONField(_("results"), default=dict, blank=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("trial of ways to rank")
        verbose_name_plural = _("trials of ways to rank")

    def __str__(self) -> str:
        return f"{self.collection} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("evaluation:trial", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return self.status in (Status.DONE, Status.FAILED)

    @property
    def is_stalled(self) -> bool:
        """Whether a running trial has not responded for so long that its worker must be gone."""
        if self.status != Status.RUNNING:
            return False
        return timezone.now() - (self.last_heartbeat_at or self.created_at) > STALLED_AFTER

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What was measured of each recipe, best first."""
        return list(self.results.get("rows", []))
