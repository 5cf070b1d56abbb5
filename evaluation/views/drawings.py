"""Charts as documents of their own, which pages show as images."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.constants import NONE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..forms import CompareForm
from ..models import EvaluationRun, Outcome, TopicResult
from ..reports import charts
from ..reports.chart_colours import with_dark_colours
from ..reports.comparison import Comparison, NothingToCompare, compare_runs
from ..reports.provenance import NotComparable
from ..reports.topic_detail import TopicDetail

TYPES = {"svg": "image/svg+xml", "png": "image/png"}
# Matplotlib writes styles into the file; nothing else may be in it.
ONLY_STYLES = {"default-src": [NONE], "style-src": ["'unsafe-inline'"], "img-src": [NONE]}
View = TypeVar("View", bound=Callable[..., HttpResponse])


def only_styles(view: View) -> View:
    """Let a view's answer hold `ONLY_STYLES`; the library's types know views of a request only."""
    return cast(View, csp_replace(ONLY_STYLES)(cast(Any, view)))


SHORT_OUTCOMES = {
    Outcome.NO_POSITIVES: lambda: _("no positives"),
    Outcome.NO_QUERY: lambda: _("not evaluated"),
    Outcome.NOT_IN_RUN: lambda: _("not in the run file"),
}


def topic_bars(run: EvaluationRun) -> list[charts.Bar]:
    """Return a bar for each topic of a run; those without an AP say why."""
    return [
        charts.Bar(
            result.name,
            result.landmark,
            result.ap,
            "" if result.ap is not None else SHORT_OUTCOMES[Outcome(result.status)](),
        )
        for result in run.results.all()
    ]


def difference_bars(comparison: Comparison) -> list[charts.Bar]:
    """Return a bar for each topic that two runs have in common."""
    return [charts.Bar(topic.name, topic.landmark, topic.difference) for topic in comparison.topics]


@require_safe
@only_styles
def topics(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Average precision of every topic of a run."""
    run = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)

    def draw() -> charts.Chart:
        label = _("average precision")
        return charts.bar_chart(topic_bars(run), label=label, mean=run.mean_ap)

    return drawn(request, draw, kind, f"run-{pk}-topics", [run])


@require_safe
@only_styles
def curve(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Mean interpolated precision of a run."""
    run = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)
    if not run.curve:
        raise Http404(_("No topic of this run has positives."))
    return drawn(request, lambda: charts.curve_chart(run.curve), kind, f"run-{pk}-curve", [run])


@require_safe
@only_styles
def anatomy(request: HttpRequest, pk: int, position: int, kind: str) -> HttpResponse:
    """The trapezoids that one topic's average precision adds up from."""
    run = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)
    results = TopicResult.objects.with_rankings().filter(run=run, ap__isnull=False)
    result = get_object_or_404(results, position=position)
    result.run = run
    name = f"run-{pk}-topic-{position}-anatomy"

    def draw() -> charts.Chart:
        return charts.anatomy_chart(TopicDetail(result).trapezoids)

    return drawn(request, draw, kind, name, [run])


@require_safe
@only_styles
def differences(request: HttpRequest, kind: str) -> HttpResponse:
    """Differences of average precision between two runs, topic by topic."""
    form = CompareForm(request.GET, user=request.user)
    if not form.is_valid():
        raise Http404(_("There are no two such runs to compare."))
    first, second = form.cleaned_data["first"], form.cleaned_data["second"]
    try:
        comparison = compare_runs(first=first, second=second)
    except (NotComparable, NothingToCompare) as error:
        raise Http404(str(error)) from error

    def draw() -> charts.Chart:
        return charts.bar_chart(
            difference_bars(comparison),
            label=_("difference in average precision (second − first)"),
            mean=comparison.difference,
            signed=True,
        )

    name = f"runs-{first.pk}-{second.pk}-differences"
    return drawn(request, draw, kind, name, [first, second])


def drawn(
    request: HttpRequest,
    draw: Callable[[], charts.Chart],
    kind: str,
    name: str,
    runs: list[EvaluationRun],
) -> HttpResponse:
    """Answer with a chart of finished runs; drawn anew only where the browser has no copy.

    `?download` names a file to keep.
    """
    finished = "-".join(f"{run.pk}.{run.created_at:%Y%m%d%H%M%S%f}" for run in runs)
    etag = f'"{settings.SIS_VERSION}-{get_language()}-{name}-{finished}-{kind}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        chart = draw()
        content = with_dark_colours(chart.svg()) if kind == "svg" else chart.png()
        response = HttpResponse(content, content_type=TYPES[kind])
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
