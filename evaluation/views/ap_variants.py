"""One run under several figures that have all been called mean average precision."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from ..measures.metrics import legacy_2021
from ..measures.scoring import LEGACY_DEPTH
from ..models import EvaluationRun
from ..reports.ap_variants import visit

# Three hits among six lines of a label file.
HITS, MISSES = ["a", "b", "c"], ["d", "e", "f"]


@require_GET
def museum(request: HttpRequest, pk: int) -> HttpResponse:
    """The exhibits side by side, and the topics that they disagree about most."""
    run = get_object_or_404(EvaluationRun.objects.done(), pk=pk)
    visited = visit(run=run)
    above = sum(row.result.positives > LEGACY_DEPTH for row in visited.rows)
    context = {
        "run": run,
        "museum": visited,
        "rows": visited.most_disputed(len(visited.rows)),
        "topics_above_30": above,
        "worked": {
            "first": legacy_2021(HITS + MISSES, HITS),
            "last": legacy_2021(MISSES + HITS, HITS),
        },
    }
    return render(request, "evaluation/museum.html", context)
