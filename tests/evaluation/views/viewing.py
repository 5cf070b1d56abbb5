"""What the tests of the evaluation's pages share."""

import re
from collections.abc import Sequence
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Collection
from evaluation.formats import tables
from evaluation.models import Benchmark, EvaluationRun, RecipeTrial
from evaluation.runs.importing import import_run
from evaluation.runs.runner import evaluate
from tests.evaluation.landmarks import Describer
from tests.pages import html, replace_fc6

# Columns that hold rankings and tables of names.
HEAVY = ("ranking_data", "judged_data", "names_data")


def use_describer(monkeypatch: pytest.MonkeyPatch) -> Describer:
    """Let the pages describe every query as the benchmark of `landmarks.py` expects."""
    describer = Describer()
    replace_fc6(monkeypatch, describer)
    return describer


def evaluated(benchmark: Benchmark, **asked) -> EvaluationRun:
    """A finished run; by the whole picture unless asked otherwise."""
    return evaluate(benchmark=benchmark, descriptor=Describer(), **({"crop": False} | asked))


def foreign(benchmark: Benchmark, rankings: dict[str, Sequence[str]], **asked) -> EvaluationRun:
    """A run that another system made."""
    lines = [
        f"{topic} Q0 {name} {rank} {-rank} other\n"
        for topic, names in rankings.items()
        for rank, name in enumerate(names, start=1)
    ]
    return import_run(data="".join(lines).encode(), file="other.txt", benchmark=benchmark, **asked)


def turn_around(run: EvaluationRun, topic: str = "door_1") -> None:
    """Let a topic's ranking be the other way round."""
    result = run.results.with_rankings().get(name=topic)
    result.run = run
    ranking = result.labelled_ranking().ranking[::-1]
    result.ranking_data = tables.encode_positions(ranking)
    result.save(update_fields=["ranking_data"])


def finished_trial(collection: Collection, **changed) -> RecipeTrial:
    """A trial of two recipes whose figures are made up."""

    def row(recipe: str, mean: float, chance: float | None) -> dict:
        return {
            "recipe": recipe,
            "title": recipe,
            "facts": {},
            "mean": mean,
            "first": mean,
            "low": mean - 0.1,
            "high": mean + 0.1,
            "by_kind": {"crop": mean},
            "ranked": 9,
            "seconds_per_query": 0.002,
            "bytes_per_picture": 16384,
            "chance": chance,
            "as_good": chance is None or chance > 0.05,
        }

    results = {
        "rows": [row("fc6", 0.9, None), row("colour-layout", 0.5, 0.01)],
        "skipped": [["absent", "It has no vectors."]],
        "queries": 12,
        "pictures": 2,
        "kinds": {"crop": 12},
        "unreadable": 1,
        "without_vectors": 0,
    }
    values = {"recipes": ["fc6", "colour-layout"], "pictures": 2}
    values |= {"best": "fc6", "results": results}
    return RecipeTrial.objects.create(collection=collection, **values | changed)


def heavy_columns_read(client: Client, address: str) -> set[str]:
    """The columns of rankings and names that a page reads."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return {column for query in captured for column in HEAVY if column in query["sql"]}


def table_rows(response: HttpResponse) -> list[list[str]]:
    """The text of every cell of every table row of a page."""
    rows = re.findall(r"<tr\b.*?</tr>", html(response), flags=re.S)
    cells = [re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row, flags=re.S) for row in rows]
    return [
        [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in cells
    ]
