"""Addresses of the evaluation pages."""

from django.urls import path, register_converter
from django.views.generic import RedirectView

from .views import (
    ap_variants,
    audit,
    compare,
    drawings,
    feedback,
    files,
    index,
    recipes,
    runs,
    topics,
    trials,
)


class ChartKind:
    """The end of a chart's file name."""

    regex = "svg|png"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ChartKind, "chart_kind")

app_name = "evaluation"
urlpatterns = [
    path("", index.index, name="index"),
    path("recipes/", recipes.recipes, name="recipes"),
    path("trials/", trials.trials, name="trials"),
    path("trials/<int:pk>/", trials.trial, name="trial"),
    path("feedback/", feedback.feedback, name="feedback"),
    path("compare/", compare.compare, name="compare"),
    path("compare/differences.<chart_kind:kind>", drawings.differences, name="differences_chart"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/ap-variants/", ap_variants.show_ap_variants, name="ap_variants"),
    # Its address in version 0.1.0.
    path(
        "runs/<int:pk>/museum/",
        RedirectView.as_view(
            pattern_name="evaluation:ap_variants", permanent=True, query_string=True
        ),
    ),
    path("runs/<int:pk>/audit/", audit.audit, name="audit"),
    path("runs/<int:pk>/files/<str:name>", files.download, name="file"),
    path("runs/<int:pk>/topics.<chart_kind:kind>", drawings.topics, name="topics_chart"),
    path("runs/<int:pk>/curve.<chart_kind:kind>", drawings.curve, name="curve_chart"),
    path("runs/<int:pk>/topics/<int:position>/", topics.topic, name="topic"),
    path(
        "runs/<int:pk>/topics/<int:position>/anatomy.<chart_kind:kind>",
        drawings.anatomy,
        name="anatomy_chart",
    ),
]
