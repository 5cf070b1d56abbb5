"""One of everything, and every address with the numbers of these rows."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.urls import URLResolver
from django.utils import timezone

from api.models import Token
from catalog.models import Collection, Image, Vocabulary, Whitening
from evaluation.models import Judgement
from search.models import CollectionRecipe
from tests.evaluation.landmarks import FILES, add_pictures, imported
from tests.evaluation.views.viewing import evaluated, finished_trial
from tests.pages import stored_query
from tests.permission_table import MODELS
from work.models import Job


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, path)
        else:
            yield path


def one_of_everything(collection: Collection) -> dict[str, str]:
    """Make a row of each kind; return what stands for it in addresses, by model or place."""
    add_pictures(collection)
    benchmark = imported(FILES)
    runs = [evaluated(benchmark), evaluated(benchmark, crop=True)]
    group, user = Group.objects.create(name="g"), User.objects.create_user("somebody")
    topic = benchmark.topics.order_by("position").first()
    an_hour_ago = timezone.now() - timedelta(hours=1)  # pages say how long ago, to the second
    first: dict[str, Any] = {
        "auth/group": group,
        "auth/user": user,
        "catalog/image": Image.objects.order_by("pk").first(),
        "catalog/collection": collection,
        "evaluation/benchmark": benchmark,
        "evaluation/topic": topic,
        "evaluation/judgement": Judgement.objects.order_by("pk").first(),
        "evaluation/evaluationrun": runs[0],
        "evaluation/recipetrial": finished_trial(collection),
        "work/job": Job.objects.create(kind="unheard of", created_at=an_hour_ago),
        "catalog/whitening": Whitening.objects.create(name="fc6+pca9", images=9, dim=9),
        "catalog/vocabulary": Vocabulary.objects.create(
            name="rootsift+asmk9", images=9, words=9, features=9
        ),
        "api/token": Token.made(user=user, name="t")[0],
        "search/collectionrecipe": CollectionRecipe.objects.create(
            collection=collection, recipe="fc6"
        ),
    }
    found = {name: str(row.pk) for name, row in first.items()}
    return found | {"query": str(stored_query().pk), "runs": f"{runs[0].pk} {runs[1].pk}"}


def filled(path: str, rows: dict[str, str]) -> str:
    """Put numbers of rows that exist into an address."""
    first, second = rows["runs"].split()
    for model in MODELS:
        if path.startswith(f"admin/{model}/"):
            path = path.replace("<path:object_id>", rows[model]).replace("<id>", rows[model])
    number = rows["catalog/image"] if path.startswith("images/") else first
    number = rows["evaluation/recipetrial"] if path.startswith("evaluation/trials/") else number
    number = rows["work/job"] if path.startswith("work/") else number
    for place, value in {
        "<uuid:pk>": rows["query"],
        "<int:pk>": number,
        "<int:hit>": rows["catalog/image"],
        "<query_id>": rows["query"],
        "<uuid:ticket>": rows["query"],
        "<image_id>": rows["catalog/image"],
        "<slug>": "places",
        "<run_id>": first,
        "<job_id>": rows["work/job"],
        "^(?P<rest>.*)$": "nowhere/",
        "<str:size>": "small",
        "<slug:slug>": "places",
        "<str:name>": "results.csv",
        "<chart_kind:kind>": "svg",
        "<int:position>": "0",
        "<str:key>": "x",
        "^admin/r/": "admin/r/1/1/",
        "<path:content_type_id>": "1",
        "<path:object_id>": "1",
        "^(?P<app_label>auth|catalog|search|evaluation|api)/$": "catalog/",
        "(?P<url>.*)$": "nowhere/",
    }.items():
        path = path.replace(place, value)
    compared = f"?first={first}&second={second}" if "compare/diff" in path else ""
    return f"/{path}{compared}"
