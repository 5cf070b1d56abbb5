"""A run's results as files: CSV, JSON, and the two files that trec_eval scores."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from catalog.names import INVISIBLE, JOINERS, printable

from ..formats.trec import format_qrels, format_run
from ..models import EvaluationRun, Outcome, TopicResult
from .provenance import provenance

FIGURES = (
    *("ap", "p1", "p5", "p10", "p30", "r_precision", "ndcg"),
    *("ap_at_30", "trec_ap", "legacy"),
)
COUNTS = ("positives", "found", "missing", "ranked")
TEXTS = ("topic", "landmark", "image", "box", "status", "reason")
COLUMNS = (*TEXTS, *COUNTS, *FIGURES)

# What spreadsheets take for the start of a formula, in the widths that they accept.
FORMULA = frozenset("=+-@＝＋－＠")


def topic_as_dict(result: TopicResult) -> dict[str, Any]:
    """Return a topic's result by `COLUMNS`; figures are None where it is not in the mean."""
    return {
        "topic": result.name,
        "landmark": result.landmark,
        "image": result.image_name,
        "box": result.box,
        "status": result.status,
        "reason": result.reason,
        **{name: getattr(result, name) for name in (*COUNTS, *FIGURES)},
    }


def run_as_dict(run: EvaluationRun) -> dict[str, Any]:
    """Return a run as JSON can hold it: its mean, its provenance, and every topic."""
    return {
        "benchmark": run.benchmark.name,
        "protocol": run.protocol,
        "map": run.mean_ap,
        "run": run.pk,
        "topics_total": run.topics_total,
        "topics_in_mean": run.topics_counted,
        "topics_without_positives": run.topics_without_positives,
        "topics_not_evaluated": run.topics_not_evaluated,
        "judged_pictures": run.judged_total,
        "judged_pictures_missing": run.judged_missing,
        "images_total": run.images_total,
        "images_ranked": run.images_ranked,
        "unknown_topics": run.unknown_topics,
        "names_total": run.names_total,
        "names_unknown": run.names_unknown,
        "provenance": {entry.field: entry.value for entry in provenance(run)},
        "created_at": run.created_at.isoformat(),
        "duration_seconds": run.duration,
        "seconds_per_query": run.seconds_per_query,
        "bytes_per_picture": run.bytes_per_picture,
        "mean_interpolated_precision": run.curve,
        "topics": [topic_as_dict(result) for result in run.results.all()],
    }


def run_as_json(run: EvaluationRun, *, indent: int | None = None) -> str:
    """Return a run as JSON text in which everything invisible is escaped, as JSON can."""
    text = json.dumps(run_as_dict(run), ensure_ascii=False, indent=indent)
    return "".join(
        json.dumps(letter)[1:-1]
        if letter != "\n" and letter not in JOINERS and unicodedata.category(letter) in INVISIBLE
        else letter
        for letter in text
    )


def csv_lines(run: EvaluationRun) -> Iterator[str]:
    """Yield the lines of a CSV file, a topic each, under a line of column names.

    It is safe to open in a spreadsheet: see `cell`.
    """
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    for result in run.results.all():
        row = topic_as_dict(result)
        row["box"] = " ".join(f"{side:g}" for side in result.box or ())
        writer.writerow(row | {name: cell(row[name]) for name in TEXTS})
        yield take(buffer)
    yield take(buffer)


def cell(text: str) -> str:
    """Return a text for a spreadsheet: on one line, and with an apostrophe before a formula."""
    shown = printable(text)
    return f"'{shown}" if shown.lstrip()[:1] in FORMULA else shown


def take(buffer: io.StringIO) -> str:
    """Return what a buffer holds, and empty it."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def system_tag(run: EvaluationRun) -> str:
    """Return one word that names the run's system in a run file."""
    words = run.system or f"sis-{run.benchmark.name}-{run.protocol}-{run.pk}"
    return re.sub(r"[\s%]+", "-", words)


def trec_run_lines(run: EvaluationRun) -> Iterator[str]:
    """Yield the lines of a run file of the topics in the mean.

    Without what the protocol ignores: trec_eval cannot ignore images, and only then are its
    figures, with `trec_qrels_lines`, those of this run.
    """
    for result in ranked_results(run):
        labelled = result.labelled_ranking()
        _positives, ignored = labelled.split(run.rules)
        left_out = set(ignored.tolist())
        names = [run.names[place] for place in labelled.ranking.tolist() if place not in left_out]
        yield from format_run({result.name: names}, system_tag(run))


def trec_qrels_lines(run: EvaluationRun) -> Iterator[str]:
    """Yield the lines of a qrels file: level 1 for the protocol's positives of each topic."""
    for result in ranked_results(run):
        positives, _ignored = result.labelled_ranking().split(run.rules)
        levels = {run.names[place]: 1 for place in positives.tolist()}
        yield from format_qrels({result.name: levels})


def ranked_results(run: EvaluationRun) -> Iterator[TopicResult]:
    """Yield the topics in the mean with their rankings, one at a time."""
    rows = run.results.with_rankings().filter(status=Outcome.EVALUATED)
    for result in rows.iterator(chunk_size=10):
        result.run = run
        yield result
