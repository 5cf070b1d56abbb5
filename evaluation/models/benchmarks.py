"""Benchmarks with their topics and judgements.

Judgements refer to images by name; a name means the image that the benchmark's collection has
under it at that moment, so it needs no attention when images come, go or are replaced.
"""

from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Collection, Image
from catalog.names import printable

from ..formats import ground_truth
from ..formats.ground_truth import GroundTruth
from ..measures.protocols import Protocol, protocols_for
from ..querysets import BenchmarkQuerySet, JudgementQuerySet, TopicQuerySet

LONGEST_NAME = 50


class Label(models.TextChoices):
    GOOD = "good", _("good")
    OK = "ok", _("ok")
    EASY = "easy", _("easy")
    HARD = "hard", _("hard")
    JUNK = "junk", _("junk")


class Benchmark(models.Model):
    """Topics and judgements over one collection. `labels` are those of its kind, in order."""

    name = models.SlugField(_("name"), unique=True, max_length=LONGEST_NAME)
    collection = models.ForeignKey(
        Collection, models.PROTECT, related_name="benchmarks", verbose_name=_("collection")
    )
    labels = models.JSONField(_("kinds of labels"), editable=False)
    judgements_hash = models.CharField(_("hash of the labels"), max_length=64, editable=False)
    imported_at = models.DateTimeField(_("imported"))

    # Set by `with_counts()`.
    topic_count: int
    judgement_count: int
    run_count: int

    objects = BenchmarkQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("benchmark")
        verbose_name_plural = _("benchmarks")

    def __str__(self) -> str:
        return self.name

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """The protocols it can be evaluated by; the first one is the usual one."""
        known = protocols_for(tuple(self.labels))
        return tuple(sorted(known, key=lambda protocol: protocol.name != "medium"))

    def ground_truth(self) -> GroundTruth:
        """Return topics and judgements as plain values, in two queries."""
        judged: dict[int, dict[str, list[str]]] = {}
        rows = Judgement.objects.filter(topic__benchmark=self).order_by("topic", "position", "pk")
        for topic, label, name in rows.values_list("topic", "label", "name"):
            judged.setdefault(topic, {}).setdefault(label, []).append(name)
        return GroundTruth(
            tuple(
                ground_truth.TopicFacts(
                    name=topic.name,
                    image=topic.image_name,
                    box=topic.box,
                    judgements={
                        label: tuple(judged.get(topic.pk, {}).get(label, ()))
                        for label in self.labels
                    },
                )
                for topic in self.topics.order_by("position")
            ),
            tuple(self.labels),
        )


class Boxed(models.Model):
    """An image's name and, where there is one, a box (x1, y1, x2, y2) in its pixels."""

    image_name = models.CharField(_("query picture"), max_length=500)
    x1 = models.FloatField(null=True, blank=True)
    y1 = models.FloatField(null=True, blank=True)
    x2 = models.FloatField(null=True, blank=True)
    y2 = models.FloatField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def box(self) -> ground_truth.Box | None:
        x1, y1, x2, y2 = self.x1, self.y1, self.x2, self.y2
        if x1 is None or y1 is None or x2 is None or y2 is None:
            return None
        return x1, y1, x2, y2

    @box.setter
    def box(self, sides: ground_truth.Box | None) -> None:
        self.x1, self.y1, self.x2, self.y2 = sides or (None, None, None, None)


class Topic(Boxed):
    """One query of a benchmark."""

    benchmark = models.ForeignKey(
        Benchmark, models.CASCADE, related_name="topics", verbose_name=_("benchmark")
    )
    name = models.CharField(_("name"), max_length=500)
    position = models.PositiveIntegerField(_("position"))

    present: bool  # set by `with_presence()`

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["benchmark", "position"]
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            models.UniqueConstraint(
                fields=["benchmark", "name"], name="evaluation_topic_unique_name"
            ),
        ]

    def __str__(self) -> str:
        return printable(self.name)

    @property
    def landmark(self) -> str:
        return ground_truth.landmark_of(self.name)

    @cached_property
    def image(self) -> Image | None:
        """The query image's row, None while the collection has none of that name."""
        images = Image.objects.filter(collection=self.benchmark.collection_id)
        return images.filter(name=self.image_name).first()


class Judgement(models.Model):
    """What is known of one image as an answer to one topic.

    `position` is the place in the label's file: one historical metric depends on it.
    """

    topic = models.ForeignKey(
        Topic, models.CASCADE, related_name="judgements", verbose_name=_("topic")
    )
    name = models.CharField(_("picture"), max_length=500, db_index=True)
    label = models.CharField(_("label"), max_length=8, choices=Label.choices)
    position = models.PositiveIntegerField(_("position"), editable=False, default=0)

    present: bool  # set by `with_presence()`

    objects = JudgementQuerySet.as_manager()

    class Meta:
        ordering = ["topic", "label", "position"]
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "name"], name="evaluation_judgement_unique_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {printable(self.name)}"


class TopicVector(models.Model):
    """A topic's query vector, kept so that it is described once.

    Made from the image with fingerprint `sha256`, from `box` (text, empty for the whole).
    """

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="vectors")
    model_id = models.CharField(_("model id"), max_length=200)
    descriptor = models.CharField(_("descriptor"), max_length=50)
    box = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("query vector")
        verbose_name_plural = _("query vectors")
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "descriptor", "model_id", "box"],
                name="evaluation_topicvector_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic_id} {self.model_id} {self.box}".strip()
