"""Runs with everything that could change their number, and their topics' results.

A run keeps names and judgements of its own: it stays readable when images and ground truth
change or vanish.
"""

from functools import cached_property

import numpy as np
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..formats import ground_truth, tables
from ..measures.protocols import PROTOCOLS, Protocol
from ..measures.scoring import LabelledRanking
from ..querysets import RunManager, TopicResultManager
from .benchmarks import Benchmark, Boxed

PROTOCOL_CHOICES = [(name, name) for name in PROTOCOLS]


class Source(models.TextChoices):
    SEARCH = "search", _("this system")
    IMPORTED = "imported", _("imported run file")


class EvaluationRun(models.Model):
    """One evaluation of one benchmark: its provenance and its mean. Stored when it is
    done, and nothing of it before.

    What is unknown of an imported run (recipe, engine, crop, ...) is empty or None. `recipe` names
    the way to rank, `recipe_facts` is what `Recipe.facts()` said of it; `descriptor` and `model_id`
    are those of its parts, joined by " + ". `seconds_per_query` is the median time of ranking one
    topic, without describing it; `bytes_per_picture` what the recipe's vectors take.
    `saw_collection`: something of it was learned on the collection that it is measured on.
    `code_version` and `library_versions` (name to version) are those of `runs.code_version`.
    """

    benchmark = models.ForeignKey(
        Benchmark, models.CASCADE, related_name="runs", verbose_name=_("benchmark")
    )
    source = models.CharField(
        _("source"), max_length=8, choices=Source.choices, default=Source.SEARCH
    )
    system = models.CharField(_("system"), max_length=100, blank=True)
    protocol = models.CharField(_("protocol"), max_length=20, choices=PROTOCOL_CHOICES)
    labels = models.JSONField(_("kinds of labels"), default=list)
    judgements_hash = models.CharField(_("hash of the labels"), max_length=64, blank=True)
    collection_slug = models.CharField(_("collection"), max_length=50)
    names_hash = models.CharField(_("hash of the names"), max_length=64, blank=True)
    collection_hash = models.CharField(_("hash of names and model ids"), max_length=64, blank=True)
    recipe = models.CharField(_("way to rank"), max_length=100, blank=True)
    recipe_facts = models.JSONField(_("parts of the way to rank"), default=dict, blank=True)
    descriptor = models.CharField(_("descriptor"), max_length=300, blank=True)
    model_id = models.CharField(_("model id"), max_length=1500, blank=True)
    engine = models.CharField(_("engine"), max_length=50, blank=True)
    engine_options = models.JSONField(_("engine options"), default=dict, blank=True)
    crop = models.BooleanField(_("query box used"), null=True)
    exclude_self = models.BooleanField(_("without the query's own picture"), default=False)
    code_version = models.CharField(_("code version"), max_length=50, blank=True)
    library_versions = models.JSONField(_("library versions"), default=dict, blank=True)

    created_at = models.DateTimeField(_("finished"), auto_now_add=True)
    duration = models.FloatField(
        _("duration in seconds"), null=True, validators=[MinValueValidator(0)]
    )

    seconds_per_query = models.FloatField(_("seconds a query"), null=True)
    bytes_per_picture = models.PositiveIntegerField(_("bytes a picture"), null=True)
    saw_collection = models.BooleanField(_("learned on the collection itself"), default=False)

    mean_ap = models.FloatField(_("mean average precision"), null=True)
    topics_total = models.PositiveIntegerField(_("topics"), default=0)
    topics_counted = models.PositiveIntegerField(_("topics in the mean"), default=0)
    topics_without_positives = models.PositiveIntegerField(_("topics without positives"), default=0)
    images_total = models.PositiveIntegerField(_("pictures of the collection"), null=True)
    images_ranked = models.PositiveIntegerField(_("pictures ranked"), null=True)
    judged_total = models.PositiveIntegerField(_("labelled pictures"), default=0)
    judged_missing = models.PositiveIntegerField(
        _("labelled pictures that are not in the collection"), default=0
    )
    unknown_topics = models.JSONField(
        _("topics missing from the benchmark"), default=list, blank=True
    )
    names_total = models.PositiveIntegerField(_("names in the run file"), null=True)
    names_unknown = models.PositiveIntegerField(
        _("names that are neither in the collection nor labelled"), null=True
    )
    names_unknown_first = models.JSONField(
        _("the first few of these names"), default=list, blank=True
    )
    curve = models.JSONField(_("mean interpolated precision"), default=list, blank=True)
    names_data = models.BinaryField(default=b"")

    objects = RunManager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self) -> str:
        return f"{self.benchmark} #{self.pk} ({self.protocol})"

    def get_absolute_url(self) -> str:
        return reverse("evaluation:run", args=[self.pk])

    @cached_property
    def names(self) -> list[str]:
        """The table of names that its topics' positions refer to."""
        return tables.decode_names(self.names_data)

    @property
    def rules(self) -> Protocol:
        return PROTOCOLS[self.protocol]

    @property
    def images_left_out(self) -> int:
        """Images of the collection that were not ranked; 0 where it is unknown which were."""
        return (self.images_total or 0) - (self.images_ranked or 0)

    @property
    def topics_not_evaluated(self) -> int:
        """Topics without a ranking; those without positives are counted apart."""
        return self.topics_total - self.topics_counted - self.topics_without_positives


class Outcome(models.TextChoices):
    EVALUATED = "evaluated", _("evaluated")
    NO_POSITIVES = "no_positives", _("no positives: not in the mean")
    NO_QUERY = "no_query", _("not evaluated: no query vector")
    NOT_IN_RUN = "not_in_run", _("not evaluated: not in the run file")


class TopicResult(Boxed):
    """One topic of a run: its query and judgements as they were, its ranking, its figures.

    `reason` says why it was not evaluated. The figures are those of `scoring.Figures`, None
    where the topic is not part of the mean. Positions refer to the run's `names`. `proven`: by how
    many points geometry proved an image, by its position as text.
    """

    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="results")
    position = models.PositiveIntegerField()
    name = models.CharField(_("topic"), max_length=500)
    status = models.CharField(_("status"), max_length=12, choices=Outcome.choices)
    reason = models.TextField(_("reason"), blank=True)
    positives = models.PositiveIntegerField(_("positives"), default=0)
    found = models.PositiveIntegerField(_("positives found"), default=0)
    ranked = models.PositiveIntegerField(_("ranked"), default=0)
    ap = models.FloatField("AP", null=True)
    p1 = models.FloatField("P@1", null=True)
    p5 = models.FloatField("P@5", null=True)
    p10 = models.FloatField("P@10", null=True)
    p30 = models.FloatField("P@30", null=True)
    r_precision = models.FloatField("R-precision", null=True)
    ndcg = models.FloatField("nDCG", null=True)
    ap_at_30 = models.FloatField("AP@30", null=True)
    trec_ap = models.FloatField("trec_eval AP", null=True)
    legacy = models.FloatField("legacy-2021", null=True)
    query_position = models.PositiveIntegerField(null=True)
    label_counts = models.JSONField(default=list)
    proven = models.JSONField(default=dict)
    judged_data = models.BinaryField(default=b"")
    ranking_data = models.BinaryField(default=b"")

    objects = TopicResultManager()

    class Meta:
        ordering = ["run", "position"]
        verbose_name = _("topic's result")
        verbose_name_plural = _("topics' results")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name"], name="evaluation_topicresult_unique_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("evaluation:topic", args=[self.run_id, self.position])

    @property
    def landmark(self) -> str:
        return ground_truth.landmark_of(self.name)

    @property
    def missing(self) -> int:
        """Positives that the ranking does not hold; each adds 0."""
        return self.positives - self.found

    @property
    def is_evaluated(self) -> bool:
        return self.status in (Outcome.EVALUATED, Outcome.NO_POSITIVES)

    def labelled_ranking(self) -> LabelledRanking:
        """Return ranking and judgements as positions in the run's names."""
        judged = tables.decode_positions(self.judged_data)
        parts = np.split(judged, np.cumsum(self.label_counts)[:-1])
        return LabelledRanking(
            ranking=tables.decode_positions(self.ranking_data),
            judged=dict(zip(self.run.labels, parts, strict=True)),
            own=self.query_position if self.run.exclude_self else None,
        )
