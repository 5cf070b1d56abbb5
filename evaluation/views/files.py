"""A run's results as files to keep."""

from collections.abc import Callable, Iterator

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..models import EvaluationRun
from ..reports.exports import csv_lines, run_as_json, trec_qrels_lines, trec_run_lines

# End of the file's name -> content type and lines.
LINES: dict[str, tuple[str, Callable[[EvaluationRun], Iterator[str]]]] = {
    "results.csv": ("text/csv; charset=utf-8", csv_lines),
    "run.txt": ("text/plain; charset=utf-8", trec_run_lines),
    "qrels.txt": ("text/plain; charset=utf-8", trec_qrels_lines),
}


@require_safe
def download(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """One of a finished run's files: CSV, JSON, or what trec_eval scores."""
    run = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)
    response: HttpResponseBase
    if name == "results.json":
        response = HttpResponse(run_as_json(run), content_type="application/json")
    elif name in LINES:
        content_type, lines = LINES[name]
        response = StreamingHttpResponse(lines(run), content_type=content_type)
    else:
        raise Http404(_("There is no such file."))
    filename = f"{run.benchmark.name}-{run.protocol}-{run.pk}-{name}"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
