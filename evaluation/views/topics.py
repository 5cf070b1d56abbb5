"""One topic of a run: its query, its ranking, and why the average precision is what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ..measures.anatomy import Trapezoid
from ..models import EvaluationRun, TopicResult
from ..reports import charts
from ..reports.topic_detail import TopicDetail, query_image, searched_images

PAGE_SIZE = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One retrieved positive. `number`, `place` and `rank` count from 1; `page` holds its place.

    `dropped`: ignored images above it; `total`: the areas up to and with its own; `points`: its
    trapezoid in the pixels of the chart.
    """

    number: int
    name: str
    trapezoid: Trapezoid
    dropped: int
    total: float
    points: str

    @property
    def place(self) -> int:
        return self.trapezoid.position + 1

    @property
    def rank(self) -> int:
        return self.trapezoid.rank + 1

    @property
    def page(self) -> int:
        return self.trapezoid.position // PAGE_SIZE + 1


@require_safe
def topic(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """A topic's page; `?page=` of the ranking, `?step=` of the anatomy."""
    run = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)
    results = TopicResult.objects.with_rankings().filter(run=run)
    result = get_object_or_404(results, position=position)
    result.run = run
    context: dict[str, Any] = {"run": run, "result": result}
    context |= neighbours(run, position)
    if result.is_evaluated:
        context |= detail_context(request, TopicDetail(result))
    else:
        context["query_image"] = query_image(result)
    return render(request, "evaluation/topic.html", context)


def neighbours(run: EvaluationRun, position: int) -> dict[str, TopicResult | None]:
    """Return the topics before and after."""
    return {
        "previous_topic": run.results.filter(position__lt=position).order_by("-position").first(),
        "next_topic": run.results.filter(position__gt=position).order_by("position").first(),
    }


def detail_context(request: HttpRequest, detail: TopicDetail) -> dict[str, Any]:
    """Return a page of the ranking, and the steps of the anatomy."""
    page: Page = Paginator(range(len(detail)), PAGE_SIZE).get_page(request.GET.get("page"))
    start = max(0, page.start_index() - 1)
    listed = steps(detail)
    current = chosen_step(request.GET.get("step", ""), listed)
    missing = detail.missing()
    images = searched_images(detail.run).named([name for name, _label in missing])
    return {
        "detail": detail,
        "query_image": query_image(detail.result),
        "page": page,
        "places": detail.places(start, start + PAGE_SIZE),
        "steps": listed,
        "current": current,
        "before": current.number - 1 if current else 0,
        "after": current.number + 1 if current else 1,
        "missing": [(name, label, images.get(name)) for name, label in missing],
        "anatomy_size": charts.ANATOMY_SIZE,
    }


def steps(detail: TopicDetail) -> list[Step]:
    """Return the retrieved positives, each with what the areas add up to so far."""
    trapezoids = detail.trapezoids
    names = detail.names(detail.labelled.ranking[[step.position for step in trapezoids]])
    made, total = [], 0.0
    for number, (name, trapezoid) in enumerate(zip(names, trapezoids, strict=True), start=1):
        total += trapezoid.area
        made.append(
            Step(
                number=number,
                name=name,
                trapezoid=trapezoid,
                dropped=trapezoid.position - trapezoid.rank,
                total=total,
                points=charts.trapezoid_points(trapezoid),
            )
        )
    return made


def chosen_step(asked: str, listed: Sequence[Step]) -> Step | None:
    """Return the step with the number in the address, None where there is no such step."""
    if not asked.isdecimal() or len(asked) > 9:
        return None
    number = int(asked)
    return listed[number - 1] if 0 < number <= len(listed) else None
