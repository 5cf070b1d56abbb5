"""Reads of benchmarks and runs. Lists load neither rankings nor tables of names."""

from typing import Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from catalog.models import Image
from catalog.names import printable
from catalog.visibility import VisibleQuerySet

AnyModel = TypeVar("AnyModel", bound=models.Model, covariant=True)


class UnknownBenchmark(LookupError):
    """No benchmark has the name that was asked for; the message lists those there are."""


class BenchmarkQuerySet(VisibleQuerySet[AnyModel]):
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


class TopicQuerySet(VisibleQuerySet):
    of_collection = ("benchmark__collection",)

    def with_presence(self) -> Self:
        """Annotate `present`: whether the query image is in the benchmark's collection now."""
        return self.annotate(present=image_named("benchmark__collection", "image_name"))

    def absent(self) -> Self:
        """Those whose query image is not in the benchmark's collection now."""
        return self.with_presence().filter(present=False)


class JudgementQuerySet(VisibleQuerySet):
    of_collection = ("topic__benchmark__collection",)

    def with_presence(self) -> Self:
        """Annotate `present`: whether the judged image is in the benchmark's collection now."""
        return self.annotate(present=image_named("topic__benchmark__collection", "name"))

    def missing_names(self) -> models.QuerySet:
        """The distinct names that are judged here but not in the collection (now), in order."""
        missing = self.with_presence().filter(present=False)
        return missing.order_by("name").values_list("name", flat=True).distinct()


class RunQuerySet(VisibleQuerySet):
    of_collection = ("benchmark__collection",)


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
