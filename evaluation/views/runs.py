"""One run: what came out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ..messages import PROTOCOLS
from ..models import EvaluationRun
from ..reports import charts
from ..reports.provenance import provenance
from .drawings import topic_bars
from .sorting import Sorting

COLUMNS = {
    "topic": "position",
    "ap": "ap",
    "p1": "p1",
    "p5": "p5",
    "p10": "p10",
    "p30": "p30",
    "rprec": "r_precision",
    "ndcg": "ndcg",
    "positives": "positives",
}


@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """A run's page: its mean, its topics, its provenance."""
    found = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)
    title, explanation = PROTOCOLS[found.protocol]
    context = {
        "run": found,
        "protocol_title": title,
        "protocol_explanation": explanation,
        "provenance": provenance(found),
    }
    sorting = Sorting.read(request.GET.get("sort", ""), COLUMNS, default="topic")
    bars_width, bars_height = charts.bars_size(topic_bars(found))
    context |= {
        "sorting": sorting,
        "results": sorting.apply(found.results.all()),
        "curve": curve_points(found),
        "bars_width": bars_width,
        "bars_height": bars_height,
        "curve_size": charts.CURVE_SIZE,
    }
    return render(request, "evaluation/run.html", context)


def curve_points(found: EvaluationRun) -> list[tuple[float, float]]:
    """Return (recall, mean interpolated precision) of each point of a run's curve."""
    last = len(found.curve) - 1
    return [(index / last, precision) for index, precision in enumerate(found.curve)]
