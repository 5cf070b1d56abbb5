"""One run under several figures that have all been called mean average precision."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ..measures.metrics import legacy_2021
from ..measures.scoring import LEGACY_DEPTH
from ..models import EvaluationRun
from ..reports.ap_variants import ap_variants

# Three hits among six lines of a label file.
HITS, MISSES = ["a", "b", "c"], ["d", "e", "f"]


@require_safe
def show_ap_variants(request: HttpRequest, pk: int) -> HttpResponse:
    """The variants side by side, and the topics on which they disagree most."""
    run = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)
    variants = ap_variants(run=run)
    above = sum(topic.result.positives > LEGACY_DEPTH for topic in variants.topics)
    context = {
        "run": run,
        "variants": variants,
        "topics_above_30": above,
        "worked": {
            "first": legacy_2021(HITS + MISSES, HITS),
            "last": legacy_2021(MISSES + HITS, HITS),
        },
    }
    return render(request, "evaluation/ap_variants.html", context)
