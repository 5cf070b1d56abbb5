"""Two runs side by side."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..forms import CompareForm
from ..reports import charts
from ..reports.comparison import NothingToCompare, compare_runs
from ..reports.provenance import NotComparable
from .drawings import difference_bars


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Compare `first` with `second`, or the two `run`s that were ticked in a list."""
    if "run" in request.GET:
        return redirect_ticked(request)
    if not {"first", "second"} <= request.GET.keys():
        return show(request, CompareForm(initial=request.GET.dict(), user=request.user))
    form = CompareForm(request.GET, user=request.user)
    if not form.is_valid():
        return show(request, form, status=400)
    first, second = form.cleaned_data["first"], form.cleaned_data["second"]
    context: dict[str, Any] = {"first": first, "second": second}
    try:
        comparison = compare_runs(first=first, second=second)
    except NotComparable as error:
        context |= {"problem": str(error), "mismatches": error.mismatches}
        return show(request, form, status=409, **context)
    except NothingToCompare as error:
        return show(request, form, status=409, problem=str(error), **context)
    width, height = charts.bars_size(difference_bars(comparison))
    context |= {"comparison": comparison, "bars_width": width, "bars_height": height}
    return show(request, form, **context)


def redirect_ticked(request: HttpRequest) -> HttpResponse:
    """Two ticked runs, whatever their order in the list: the older one is compared from."""
    ticked = request.GET.getlist("run")
    ordered = sorted(ticked, key=lambda pk: int(pk) if pk.isdecimal() and len(pk) < 19 else 0)
    if len(ticked) != 2:
        form = CompareForm(
            initial=dict(zip(("first", "second"), ordered, strict=False)), user=request.user
        )
        problem = _("Tick two runs to compare; you ticked %(number)d.") % {"number": len(ticked)}
        return show(request, form, status=400, problem=problem)
    query = QueryDict(mutable=True)
    query["first"], query["second"] = ordered
    return redirect(f"{reverse('evaluation:compare')}?{query.urlencode()}")


def show(
    request: HttpRequest, form: CompareForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {"form": form}
    return render(request, "evaluation/compare.html", context, status=status)
