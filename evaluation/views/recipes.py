"""Recipes side by side for one question, and where two of them disagree."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..forms import RecipesForm
from ..measures.literature import OXFORD5K
from ..models import EvaluationRun, Source
from ..reports.disagreement import disagreement
from ..reports.recipe_exports import literature_as_list
from ..reports.recipe_table import Asked, RecipeTable, recipe_table


@require_safe
def recipes(request: HttpRequest) -> HttpResponse:
    """The newest run of each recipe; without a choice in the address, for the newest run's
    question."""
    asked = "benchmark" in request.GET
    form = RecipesForm(
        request.GET if asked else newest_question(request.user) or None, user=request.user
    )
    if not form.is_valid():
        status = 400 if asked else 200
        return render(request, "evaluation/recipes.html", {"form": form}, status=status)
    table = recipe_table(
        Asked(
            benchmark=form.cleaned_data["benchmark"],
            protocol=form.cleaned_data["protocol"],
            crop=form.cleaned_data["query"] == "box",
            exclude_self=form.cleaned_data["exclude_self"],
        ),
        baseline=form.cleaned_data["baseline"],
    )
    form.offer([row.recipe for row in table.rows])
    context: dict[str, Any] = {"form": form, "table": table}
    context |= disagreement_context(table, form.cleaned_data["other"])
    if table.asked.benchmark.name == OXFORD5K:
        context["literature"] = literature_as_list(table.rows)
    return render(request, "evaluation/recipes.html", context)


def newest_question(user: Any) -> dict[str, Any]:
    """What the form holds where the address says nothing."""
    newest = EvaluationRun.objects.visible_to(user).filter(source=Source.SEARCH).first()
    if newest is None:
        return {}
    return {
        "benchmark": newest.benchmark_id,
        "protocol": newest.protocol,
        "query": "box" if newest.crop else "whole",
        "exclude_self": newest.exclude_self,
    }


def disagreement_context(table: RecipeTable, other: str) -> dict[str, Any]:
    """Return where the baseline and another recipe, the best one unless chosen, disagree."""
    others = table.others
    if table.baseline is None or not others:
        return {}
    chosen = next((row for row in others if row.recipe == other), others[0])
    return {
        "other": chosen,
        "disagreement": disagreement(first=table.baseline, second=chosen.run),
    }
