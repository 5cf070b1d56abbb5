"""What the tests of the evaluation's pages share."""

import re
from collections.abc import Sequence
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluation.models import Benchmark, EvaluationRun
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
