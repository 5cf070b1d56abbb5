"""What ranks best here? Trials on a collection's own pictures, and the choice that is kept."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from search.recipes import RecipeError, keep_choice, kept_choice
from work.models import Job
from work.refusing import refused

from ..forms import TrialForm
from ..models import RecipeTrial
from ..trials.jobs import NAME, ask_for_trial
from ..trials.running import TrialError
from .sorting import Sorting

PAGE_SIZE = 25
COLUMNS = {
    "trial": "pk",
    "collection": "collection__slug",
    "pictures": "pictures",
    "best": "best",
    "created": "created_at",
}
MAY_TRY = "evaluation.add_recipetrial"


@require_http_methods(["GET", "HEAD", "POST"])
def trials(request: HttpRequest) -> HttpResponse:
    """All trials; a good form starts one and leads to its job, or to what came of it."""
    if request.method != "POST":
        return show_trials(request, TrialForm(user=request.user))
    if not request.user.has_perm(MAY_TRY):
        return refused(request)
    form = TrialForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            job = ask_for_trial(user=request.user, **form.asked)
            return redirect(job.result_address or job)
        except TrialError as error:
            form.add_error(None, str(error))
    return show_trials(request, form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """One trial: what came out; POST keeps one of its recipes as the choice."""
    found = get_object_or_404(
        RecipeTrial.objects.visible_to(request.user).select_related("collection"), pk=pk
    )
    if request.method == "POST":
        if not request.user.has_perm(MAY_TRY):
            return refused(request)
        return keep(request, found)
    return show_trial(request, found)


def keep(request: HttpRequest, found: RecipeTrial) -> HttpResponse:
    name = request.POST.get("recipe", "")
    if name not in {row["recipe"] for row in found.rows}:
        problem = _("Choose one of the ways to rank that were measured.")
        return show_trial(request, found, status=400, problem=problem)
    try:
        keep_choice(collection=found.collection, recipe=name)
    except RecipeError as error:
        return show_trial(request, found, status=409, problem=str(error))
    return redirect(found)


def show_trials(request: HttpRequest, form: TrialForm, *, status: int = 200) -> HttpResponse:
    sorting = Sorting.read(request.GET.get("sort", ""), COLUMNS, default="-trial")
    rows = sorting.apply(
        RecipeTrial.objects.visible_to(request.user).select_related("collection").defer("results")
    )
    context = {
        "form": form,
        "sorting": sorting,
        "jobs": Job.objects.visible_to(request.user).in_turn().filter(kind=NAME),
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "evaluation/trials.html", context, status=status)


def show_trial(
    request: HttpRequest, found: RecipeTrial, *, status: int = 200, problem: str = ""
) -> HttpResponse:
    context = {"trial": found, "kept": kept_choice(found.collection), "problem": problem}
    return render(request, "evaluation/trial.html", context, status=status)
