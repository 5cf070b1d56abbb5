"""The start page of the evaluation: start a run, and all runs so far."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from work.models import Job
from work.refusing import refused

from ..forms import EvaluateForm
from ..messages import PROTOCOLS
from ..models import Benchmark, EvaluationRun
from ..runs.jobs import NAME, ask_for_evaluation
from ..runs.runner import EvaluationError
from .sorting import Sorting

PAGE_SIZE = 25
MAY_START = "evaluation.add_evaluationrun"
COLUMNS = {
    "run": "pk",
    "benchmark": "benchmark__name",
    "protocol": "protocol",
    "system": "system",
    "query": "crop",
    "topics": "topics_counted",
    "map": "mean_ap",
    "created": "created_at",
}


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Choose what to evaluate; a good choice starts a job and leads to it, or to the run that
    came of it. Where the same is waiting or running already, it leads to that.
    """
    if request.method != "POST":
        return show_index(request, EvaluateForm(user=request.user))
    if not request.user.has_perm(MAY_START):
        return refused(request)
    form = EvaluateForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            job = ask_for_evaluation(user=request.user, **form.asked)
            return redirect(job.result_address or job)
        except EvaluationError as error:
            form.add_error(None, str(error))
    return show_index(request, form, status=400)


def show_index(request: HttpRequest, form: EvaluateForm, *, status: int = 200) -> HttpResponse:
    sorting = Sorting.read(request.GET.get("sort", ""), COLUMNS, default="-run")
    runs = sorting.apply(EvaluationRun.objects.visible_to(request.user))
    context = {
        "form": form,
        "jobs": Job.objects.visible_to(request.user).in_turn().filter(kind=NAME),
        "benchmarks": Benchmark.objects.visible_to(request.user)
        .with_counts()
        .select_related("collection"),
        "protocols": PROTOCOLS.values(),
        "page": Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page")),
        "sorting": sorting,
        "ticked": request.GET.getlist("run"),
        "title": _("Evaluation"),
    }
    return render(request, "evaluation/index.html", context, status=status)
