"""Rankings made by another system (TREC run format) -> a run like any other."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from catalog.models import Image
from catalog.names import printable

from ..formats.names import NameCheck, look_up
from ..formats.problems import Problem, ProblemCode, RunFileError, unreadable
from ..formats.tables import NameTable
from ..formats.trec import COLUMNS, parse_run
from ..messages import first_few, unknown_in_run
from ..models import Benchmark, EvaluationRun, Judgement, Source
from .recording import Ranked, finish
from .runner import EvaluationError, choose_protocol

# About a million lines: 55 topics of 20,000 images each.
MAX_RUN_BYTES = 64 * 2**20

Rankings = Mapping[str, Sequence[str]]


def read_run(path: Path) -> bytes:
    """Return a run file's bytes. Raises `RunFileError` where it cannot be read or is too large."""
    try:
        if not path.exists():
            raise RunFileError([Problem(path.name, None, ProblemCode.NOT_FOUND)])
        if not path.is_file():
            raise RunFileError([Problem(path.name, None, ProblemCode.NOT_REGULAR)])
        with path.open("rb") as stream:
            return read_run_stream(stream, path.name)
    except OSError as error:
        raise RunFileError([unreadable(path.name, error)]) from error


def read_run_stream(stream: BinaryIO, name: str) -> bytes:
    """Return the bytes of a binary stream, such as an upload; raises as `read_run`."""
    data = stream.read(MAX_RUN_BYTES + 1)
    if len(data) > MAX_RUN_BYTES:
        raise RunFileError([Problem(name, None, ProblemCode.TOO_LARGE, str(MAX_RUN_BYTES))])
    return data


def import_run(
    *,
    data: bytes,
    file: str,
    benchmark: Benchmark,
    protocol: str | None = None,
    exclude_self: bool = False,
    on_names: Callable[[NameCheck], None] = lambda names: None,
) -> EvaluationRun:
    """Measure and store the rankings of a run file's bytes; `file` names it in messages.

    Its names need not all be in the collection or labelled: `on_names` is told how many are not,
    before anything is measured, and the run keeps the count. Topics that the benchmark lacks are
    left out and named in the run's `unknown_topics`; topics that the file lacks are not evaluated.
    Raises `RunFileError` for a file that cannot be used and `EvaluationError` where no topic is
    the benchmark's, no name is known or the protocol is not one of its own; nothing is stored then.
    """
    started = time.monotonic()
    chosen = choose_protocol(benchmark=benchmark, name=protocol)
    ranked = place_names(parse_run(data, file), benchmark)
    if not ranked.rankings:
        raise EvaluationError(no_topic_known(ranked, benchmark, file))
    names = known_names(ranked, benchmark)
    if names.none_known:
        raise EvaluationError(unknown_in_run(names, benchmark, file))
    on_names(names)
    run = EvaluationRun(
        benchmark=benchmark,
        source=Source.IMPORTED,
        system=system_name(data),
        protocol=chosen.name,
        collection_slug=benchmark.collection.slug,
        exclude_self=exclude_self,
        names_total=names.total,
        names_unknown=names.unknown,
        names_unknown_first=list(names.first),
    )
    finish(run=run, ranked=ranked, started=started)
    return run


def no_topic_known(ranked: Ranked, benchmark: Benchmark, file: str) -> str:
    return _(
        "No topic of %(file)s is in benchmark “%(benchmark)s”; the file ranks: %(topics)s."
    ) % {
        "file": printable(file),
        "benchmark": benchmark.name,
        "topics": first_few(ranked.unknown_topics),
    }


def place_names(rankings: Rankings, benchmark: Benchmark) -> Ranked:
    """Give every name a place in one table, for the topics that the benchmark has."""
    topics = set(benchmark.topics.values_list("name", flat=True))
    images = Image.objects.filter(collection=benchmark.collection_id)
    table = NameTable()
    return Ranked(
        table=table,
        rankings={topic: table.add(names) for topic, names in rankings.items() if topic in topics},
        present=frozenset(images.values_list("name", flat=True)),
        unknown_topics=[topic for topic in rankings if topic not in topics],
    )


def known_names(ranked: Ranked, benchmark: Benchmark) -> NameCheck:
    """Look for the ranked names among the collection's pictures and all that is judged."""
    judged = Judgement.objects.filter(topic__benchmark=benchmark).values_list("name", flat=True)
    queries = benchmark.topics.values_list("image_name", flat=True)
    return look_up(ranked.table.names, ranked.present.union(judged, queries))


def system_name(data: bytes) -> str:
    """Return the last column of a run file's first line: what its system calls itself."""
    for line in data.removeprefix(b"\xef\xbb\xbf").splitlines():
        columns = line.split()
        if len(columns) == COLUMNS:
            return printable(columns[-1].decode("utf-8", "replace"))[:100]
    return ""
