"""Trials of recipes on a collection's own pictures: "what ranks best here?".

What was asked for and what came out; no picture that was made for it is kept.
"""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Collection
from catalog.visibility import VisibleQuerySet


class RecipeTrial(models.Model):
    """One trial. `recipes` are the names that were asked for, `pictures` how many are sampled.

    Stored when it is done. `results` is what `trials.running.outcome` gives; `best` the recipe that
    it suggests.
    """

    collection = models.ForeignKey(
        Collection, models.CASCADE, related_name="recipe_trials", verbose_name=_("collection")
    )
    recipes = models.JSONField(_("ways to rank"), default=list)
    pictures = models.PositiveIntegerField(_("pictures"))
    seed = models.PositiveIntegerField(_("seed"), default=0)
    created_at = models.DateTimeField(_("finished"), auto_now_add=True)
    best = models.CharField(_("best way to rank"), max_length=100, blank=True)
    results = models.JSONField(_("results"), default=dict, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("trial of ways to rank")
        verbose_name_plural = _("trials of ways to rank")

    def __str__(self) -> str:
        return f"{self.collection} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("evaluation:trial", args=[self.pk])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What was measured of each recipe, best first."""
        return list(self.results.get("rows", []))
