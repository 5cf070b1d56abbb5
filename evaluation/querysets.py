"""Reads of benchmarks and runs. Lists load neither rankings nor tables of names."""

from datetime import datetime
from typing import Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from catalog.models import Image
from catalog.names import printable

AnyModel = TypeVar("AnyModel", bound=models.Model, covariant=True)


class UnknownBenchmark(LookupError):
    """No benchmark has the name that was asked for; the message lists those there are."""


class BenchmarkQuerySet(models.QuerySet[AnyModel]):
    def with_counts(self) -> Self:
        """Annotate `topic_count`, `judgement_count` and `run_count`."""
        return self.annotate(
            topic_count=Count("topics", distinct=True),
            judgement_count=Count("topics__judgements", distinct=True),
            run_count=Count("runs", distinct=True),
        )

    def by_name(self, name: str) -> AnyModel:
        """Return the benchmark `name`; raises `UnknownBenchmark` naming the choices."""
        try:
            return self.select_related("collection").get(name=name)
        except ObjectDoesNotExist:
            known = ", ".join(self.values_list("name", flat=True)) or _(
                "none yet; import one with import_groundtruth"
            )
            raise UnknownBenchmark(
                _("There is no benchmark “%(name)s”. Benchmarks: %(known)s.")
                % {"name": printable(name), "known": known}
            ) from None


def image_named(collection: str, name: str) -> Exists:
    """An expression: whether the collection has an image of that name; both are field paths."""
    return Exists(Image.objects.filter(collection=OuterRef(collection), name=OuterRef(name)))


class TopicQuerySet(models.QuerySet):
    def with_presence(self) -> Self:
        """Annotate `present`: whether the query image is in the benchmark's collection now."""
        return self.annotate(present=image_named("benchmark__collection", "image_name"))

    def absent(self) -> Self:
        """Those whose query image is not in the benchmark's collection now."""
        return self.with_presence().filter(present=False)


class JudgementQuerySet(models.QuerySet):
    def with_presence(self) -> Self:
        """Annotate `present`: whether the judged image is in the benchmark's collection now."""
        return self.annotate(present=image_named("topic__benchmark__collection", "name"))

    def missing_names(self) -> models.QuerySet:
        """The distinct names that are judged here but not in the collection (now), in order."""
        missing = self.with_presence().filter(present=False)
        return missing.order_by("name").values_list("name", flat=True).distinct()


# Runs that agree in these, while the collection stays as it is, have the same result.
ASKED = (
    *("benchmark", "source", "protocol", "recipe", "recipe_facts", "model_id"),
    *("engine", "engine_options", "crop", "exclude_self"),
)


class WorkQuerySet(models.QuerySet):
    """Long work whose row tells how far it is."""

    def done(self) -> Self:
        return self.filter(status="done")

    def under_way(self, *, heard_since: datetime, queued_since: datetime | None) -> Self:
        """What waits or goes on: what runs and whose worker responded since, and what is queued,
        only since then where a time is given."""
        queued, running = Q(status="queued"), Q(status="running")
        if queued_since is not None:
            queued &= Q(created_at__gte=queued_since)
        heard = Coalesce("last_heartbeat_at", "created_at")
        return self.annotate(heard_at=heard).filter(
            queued | (running & Q(heard_at__gte=heard_since))
        )


class RunQuerySet(WorkQuerySet):
    def like(self, run: models.Model) -> Self:
        """Runs of the same benchmark that were asked for with the same settings."""
        return self.filter(**{name: getattr(run, name) for name in ASKED})


class TrialQuerySet(WorkQuerySet):
    def like(self, trial: models.Model) -> Self:
        """Trials of the same collection that were asked for with the same settings."""
        asked = ("collection", "recipes", "pictures", "seed")
        return self.filter(**{name: getattr(trial, name) for name in asked})


_RunManager = models.Manager.from_queryset(RunQuerySet)


class RunManager(_RunManager):
    """Runs without their table of names; `run.names` fetches it."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("benchmark").defer("names_data")


class TopicResultQuerySet(models.QuerySet):
    def with_rankings(self) -> Self:
        """Load rankings and judgements too."""
        return self.defer(None)

    def evaluated(self) -> Self:
        """Topics whose image could be searched for, with or without positives."""
        return self.filter(status__in=("evaluated", "no_positives"))

    def counted(self) -> Self:
        """Topics that are part of the mean."""
        return self.filter(ap__isnull=False)


_TopicResultManager = models.Manager.from_queryset(TopicResultQuerySet)


class TopicResultManager(_TopicResultManager):
    """Results without rankings and judgements; `with_rankings()` loads them."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().defer("ranking_data", "judged_data")
