"""Benchmarks in Django's admin. Labels are changed here and nowhere else, with Django's history.

Topics come in by import; runs are written once and only read.
"""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import floatformat
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin_seen import SeenFilter
from catalog.names import printable

from . import admin_trials  # noqa: F401 (registers itself)
from .admin_base import (
    NameSearch,
    PresenceFilter,
    ReadOnlyAdmin,
    WholeDeletionAdmin,
    counted_link,
)
from .formats.names import entering, name_fault
from .formats.problems import Problem
from .importing import next_position, refresh_hash
from .models import Benchmark, EvaluationRun, Judgement, Topic
from .querysets import BenchmarkQuerySet, JudgementQuerySet, TopicQuerySet
from .reports.provenance import provenance

# Two strokes, light over dark, stand out on any image.
BOX_ON_PICTURE = (
    '<svg class="evaluation-query" role="img" aria-label="{label}" viewBox="0 0 {width} {height}">'
    '<image href="{address}?v={version}" width="{width}" height="{height}"'
    ' preserveAspectRatio="none"/>'
    '<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="none" stroke="#000" stroke-width="5"'
    ' vector-effect="non-scaling-stroke"/>'
    '<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="none" stroke="#fff" stroke-width="2"'
    ' vector-effect="non-scaling-stroke"/></svg>'
)


@admin.register(Benchmark)
class BenchmarkAdmin(WholeDeletionAdmin):
    list_display = ["name", "collection", "topics", "judgements", "runs", "imported_at"]
    list_select_related = ["collection"]
    search_fields = ["name"]
    fields = [
        *("name", "collection", "kinds", "topics", "judgements", "missing", "runs"),
        *("judgements_hash", "imported_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return cast(BenchmarkQuerySet, super().get_queryset(request)).with_counts()

    also_deleted = (EvaluationRun,)

    def dependents(self, rows: list[Benchmark]) -> dict[str, int]:
        judgements = Judgement.objects.filter(topic__benchmark__in=rows)
        return {
            str(Benchmark._meta.verbose_name_plural): len(rows),
            str(Topic._meta.verbose_name_plural): Topic.objects.filter(benchmark__in=rows).count(),
            str(Judgement._meta.verbose_name_plural): judgements.count(),
            str(EvaluationRun._meta.verbose_name_plural): EvaluationRun.objects.filter(
                benchmark__in=rows
            ).count(),
        }

    @admin.display(description=_("kinds of labels"))
    def kinds(self, benchmark: Benchmark) -> str:
        return ", ".join(benchmark.labels)

    @admin.display(description=_("topics"), ordering="topic_count")
    def topics(self, benchmark: Benchmark) -> str:
        query = f"benchmark__id__exact={benchmark.pk}"
        return counted_link("admin:evaluation_topic_changelist", query, benchmark.topic_count)

    @admin.display(description=_("labels"), ordering="judgement_count")
    def judgements(self, benchmark: Benchmark) -> str:
        query = f"topic__benchmark__id__exact={benchmark.pk}"
        number = benchmark.judgement_count
        return counted_link("admin:evaluation_judgement_changelist", query, number)

    @admin.display(description=_("labelled pictures that are not in the collection"))
    def missing(self, benchmark: Benchmark) -> str:
        judgements = Judgement.objects.filter(topic__benchmark=benchmark)
        return localize(len(judgements.missing_names()))

    @admin.display(description=_("runs"), ordering="run_count")
    def runs(self, benchmark: Benchmark) -> str:
        query = f"benchmark__id__exact={benchmark.pk}"
        return counted_link("admin:evaluation_evaluationrun_changelist", query, benchmark.run_count)


@admin.register(Topic)
class TopicAdmin(NameSearch, ReadOnlyAdmin):
    list_display = ["shown_name", "benchmark", "shown_image", "present"]
    list_filter = [("benchmark", SeenFilter), PresenceFilter]
    list_select_related = ["benchmark"]
    search_fields = ["name", "image_name"]
    fields = ["shown_name", "benchmark", "shown_image", "box_in_words", "query", "judgements"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return cast(TopicQuerySet, super().get_queryset(request)).with_presence()

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        return False

    @admin.display(description=_("picture in the collection"), boolean=True, ordering="present")
    def present(self, topic: Topic) -> bool:
        return topic.present

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, topic: Topic) -> str:
        return printable(topic.name)

    @admin.display(description=_("query picture"), ordering="image_name")
    def shown_image(self, topic: Topic) -> str:
        return printable(topic.image_name)

    @admin.display(description=_("box"))
    def box_in_words(self, topic: Topic) -> str:
        if topic.box is None:
            return gettext("the whole picture")
        return ", ".join(floatformat(side, 1) for side in topic.box)

    @admin.display(description=_("query"))
    def query(self, topic: Topic) -> str:
        """The image with its box over it, drawn in the image's own pixels."""
        image = topic.image
        if image is None:
            return gettext("The collection has no picture with this name yet.")
        x1, y1, x2, y2 = topic.box or (0, 0, image.width, image.height)
        # As text: format_html would write numbers the reader's way, with decimal commas.
        sides = {"x": x1, "y": y1, "w": x2 - x1, "h": y2 - y1}
        return format_html(
            BOX_ON_PICTURE,
            label=gettext("Query picture with its box: %(box)s")
            % {"box": self.box_in_words(topic)},
            address=reverse("catalog:thumbnail", args=[image.pk, "large"]),
            version=image.sha256[:12],
            width=str(image.width),
            height=str(image.height),
            **{name: f"{side:g}" for name, side in sides.items()},
        )

    @admin.display(description=_("labels"))
    def judgements(self, topic: Topic) -> str:
        query = f"topic__id__exact={topic.pk}"
        number = topic.judgements.count()
        return counted_link("admin:evaluation_judgement_changelist", query, number)


class JudgementForm(forms.ModelForm):
    """A judgement whose label is one that its benchmark knows."""

    class Meta:
        model = Judgement
        fields = ["topic", "name", "label"]

    def clean_name(self) -> str:
        name = entering(self.cleaned_data["name"])
        if fault := name_fault(name):
            code, detail, other = fault
            raise forms.ValidationError(Problem("", None, code, detail, other).sentence(gettext))
        return name

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        topic = cleaned.get("topic") or (self.instance.topic if self.instance.pk else None)
        label = cleaned.get("label")
        if topic and label and label not in topic.benchmark.labels:
            text = gettext("Benchmark “%(name)s” has the labels %(labels)s.")
            labels = ", ".join(topic.benchmark.labels)
            self.add_error("label", text % {"name": topic.benchmark.name, "labels": labels})
        return cleaned


@admin.register(Judgement)
class JudgementAdmin(NameSearch):
    """Every change of a label changes the benchmark's hash, which tells older runs apart."""

    form = JudgementForm
    list_display = ["shown_name", "topic", "benchmark", "label", "present"]
    list_editable = ["label"]
    list_filter = [
        *(("topic__benchmark", SeenFilter), "label", PresenceFilter),
        ("topic", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["topic__benchmark"]
    search_fields = ["name"]
    autocomplete_fields = ["topic"]
    list_per_page = 50

    class Media:
        css = {"all": ["catalog/admin.css", "evaluation/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return cast(JudgementQuerySet, super().get_queryset(request)).with_presence()

    def get_readonly_fields(self, request: HttpRequest, obj: Judgement | None = None) -> list[str]:
        # What is judged stays; another image or topic is another judgement.
        return ["picture", *(["topic", "shown_name"] if obj else [])]

    def get_fields(self, request: HttpRequest, obj: Judgement | None = None) -> Any:
        return ["topic", "shown_name" if obj else "name", "label", "picture"]

    @admin.display(description=_("picture"), ordering="name")
    def shown_name(self, judgement: Judgement) -> str:
        return printable(judgement.name)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[forms.ModelForm]:
        return JudgementForm

    @admin.display(description=_("benchmark"), ordering="topic__benchmark__name")
    def benchmark(self, judgement: Judgement) -> str:
        return judgement.topic.benchmark.name

    @admin.display(description=_("picture in the collection"), boolean=True, ordering="present")
    def present(self, judgement: Judgement) -> bool:
        return judgement.present

    @admin.display(description=_("picture"))
    def picture(self, judgement: Judgement) -> str:
        if judgement.pk is None:
            return "–"
        benchmark = judgement.topic.benchmark
        image = benchmark.collection.images.filter(name=judgement.name).first()
        if image is None:
            return gettext("The collection has no picture with this name yet.")
        return format_html(
            '<a href="{}"><img class="catalog-thumbnail" src="{}?v={}" alt="{}"></a>',
            reverse("catalog:image", args=[image.pk]),
            reverse("catalog:thumbnail", args=[image.pk, "small"]),
            image.sha256[:12],
            printable(image.name),
        )

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Judgement, form: Any, change: bool) -> None:
        if not change or "label" in form.changed_data:
            obj.position = next_position(topic=obj.topic, label=obj.label)
        super().save_model(request, obj, form, change)
        refresh_hash(benchmark=obj.topic.benchmark)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Judgement) -> None:
        benchmark = obj.topic.benchmark
        super().delete_model(request, obj)
        refresh_hash(benchmark=benchmark)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        benchmarks = list(Benchmark.objects.filter(topics__judgements__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for benchmark in benchmarks:
            refresh_hash(benchmark=benchmark)


@admin.register(EvaluationRun)
class EvaluationRunAdmin(WholeDeletionAdmin):
    list_display = [
        *("pk", "benchmark", "protocol", "map", "counted", "source", "recipe", "created_at"),
    ]
    list_filter = [("benchmark", SeenFilter), "protocol", "source", "crop", "recipe", "model_id"]
    date_hierarchy = "created_at"
    fields = [
        *("benchmark", "map", "counted", "topics_without_positives", "judged_missing"),
        *("names_total", "names_unknown"),
        *("images_ranked", "created_at", "took", "facts"),
    ]

    def dependents(self, rows: list[EvaluationRun]) -> dict[str, int]:
        return {str(EvaluationRun._meta.verbose_name_plural): len(rows)}

    @admin.display(description="mAP", ordering="mean_ap")
    def map(self, run: EvaluationRun) -> str | None:
        return None if run.mean_ap is None else floatformat(run.mean_ap, 4)

    @admin.display(description=_("duration"))
    def took(self, run: EvaluationRun) -> str | None:
        return None if run.duration is None else f"{floatformat(run.duration, 1)} s"

    @admin.display(description=_("topics in the mean"))
    def counted(self, run: EvaluationRun) -> str:
        return f"{run.topics_counted}/{run.topics_total}"

    @admin.display(description=_("provenance"))
    def facts(self, run: EvaluationRun) -> str:
        entries = provenance(run)
        pairs = ((entry.title, entry.value if entry.is_known else "–") for entry in entries)
        return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs))
