"""Where a run's rankings and the ground truth disagree."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import Image

from ..forms import USUAL_M, AuditForm
from ..models import EvaluationRun, Label
from ..reports.audit import BOUNDS_AT, DEPTH, Suspect, audit_run
from ..reports.topic_detail import searched_images

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class SuspectCard:
    """A suspect with its image and its landmark's queries, where the collection has them.

    `topic_pk`: the first sighting's topic in the benchmark as it is now, for the admin.
    """

    suspect: Suspect
    image: Image | None
    query_name: str
    query_image: Image | None
    topic_pk: int | None


@require_safe
def audit(request: HttpRequest, pk: int) -> HttpResponse:
    """Queues of suspects, and what relabelling could do to the mean."""
    run = get_object_or_404(EvaluationRun.objects.visible_to(request.user), pk=pk)
    usual = {"depth": DEPTH, "m": USUAL_M}
    form = AuditForm({name: request.GET.get(name, value) for name, value in usual.items()})
    valid = form.is_valid()
    chosen = usual | form.cleaned_data
    found = audit_run(run=run, depth=chosen["depth"], bounds_at=sorted({*BOUNDS_AT, chosen["m"]}))
    buried = request.GET.get("queue") == "buried"
    suspects = found.buried if buried else found.unlabelled
    page = Paginator(suspects, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "form": form,
        "audit": found,
        "chosen": chosen,
        "buried": buried,
        "best_label": Label(run.rules.positives[0]).label,
        "page": page,
        "cards": cards(run, list(page.object_list)),
    }
    return render(request, "evaluation/audit.html", context, status=200 if valid else 400)


def cards(run: EvaluationRun, suspects: Sequence[Suspect]) -> list[SuspectCard]:
    """Look up the images of a page of suspects, and of the queries that saw them."""
    queries = [suspect.sightings[0].result for suspect in suspects]
    names = {suspect.name for suspect in suspects} | {query.image_name for query in queries}
    images = searched_images(run).named(sorted(names))
    topics = run.benchmark.topics.filter(name__in={query.name for query in queries})
    topic_pks = dict(topics.values_list("name", "pk"))
    return [
        SuspectCard(
            suspect=suspect,
            image=images.get(suspect.name),
            query_name=query.image_name,
            query_image=images.get(query.image_name),
            topic_pk=topic_pks.get(query.name),
        )
        for suspect, query in zip(suspects, queries, strict=True)
    ]
