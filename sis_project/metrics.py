"""`/metrics` for Prometheus: requests (django-prometheus), parts of the work, and the queue.

For whoever sends `SIS_METRICS_TOKEN`; without one in the settings there is nothing here.
"""

import hmac
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import REGISTRY, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from catalog.claim_models import Claim
from catalog.timing import listeners
from work.models import Job, State, Worker

SECONDS = Histogram(
    "sis_seconds",
    "How long parts of the work take",
    ["what"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
)


class QueueCollector(Collector):
    """What waits and who works, as the database has it when it is asked."""

    def describe(self) -> Iterable[Metric]:
        return []  # or else the registry would ask the database at the start

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("sis_jobs", "Jobs by state", labels=["state"])
        counted = Job.objects.order_by().values_list("state").annotate(number=Count("pk"))
        found = dict.fromkeys(State.values, 0) | dict(counted)
        for state, number in found.items():
            jobs.add_metric([state], number)
        yield jobs
        oldest = Job.objects.filter(state=State.QUEUED).aggregate(since=Min("created_at"))["since"]
        waited = (timezone.now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("sis_queue_wait_seconds", "Age of what waits longest", waited)
        workers = Worker.objects.present().count()
        yield GaugeMetricFamily("sis_workers", "Workers that are there", workers)
        images = Claim.objects.waiting_images()
        yield GaugeMetricFamily("sis_claimed_images", "Images of shared extractions", images)


def begin(*, as_worker: bool) -> None:
    """Measure in this process; a worker, which serves no pages, listens at `SIS_METRICS_PORT`."""
    listeners.append(lambda what, seconds: SECONDS.labels(what).observe(seconds))
    if as_worker and settings.SIS_METRICS_PORT:
        start_http_server(settings.SIS_METRICS_PORT, addr="127.0.0.1")
    elif not as_worker:
        REGISTRY.register(QueueCollector())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What Prometheus asks for."""
    _scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.SIS_METRICS_TOKEN
    if not token or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Http404
    return ExportToDjangoView(request)
