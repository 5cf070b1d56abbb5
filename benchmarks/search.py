"""Exact search: the original's scan, ours, the peers', and how fast memory can be read.

    python -m benchmarks.search [--rows 5063 105000] [--rounds 7] [--batch 55] [--json FILE]

The original scanned with `np.linalg.norm(features - query, axis=1)` and sorted all distances.
Everyone answers with the 30 nearest rows. Peers are measured where they are installed
(requirements-benchmarks.txt). 105,000 rows take 7 GB of memory. A million rows are written to a
file of 16 GB under the temporary folder, and only our engines search them.
"""

import argparse
import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ImproperlyConfigured

from .measuring import Report, Variant, arguments, interleave, timing_rows
from .temporary import temporary_system

NEAREST = 30
ORIGINAL = "original scan"
LIMIT = "limit: reading all rows once"
# The original's scan frees twice the size of the matrix. A virtual machine hands such memory back
# to its host in the next seconds, and everything is slower meanwhile.
REST_BYTES, REST_SECONDS = 10**9, 8.0
Search = Callable[[np.ndarray], np.ndarray]  # queries (Q, D) -> rows' numbers (Q, NEAREST)


def original(features: np.ndarray) -> Search:
    def search(queries: np.ndarray) -> np.ndarray:
        found = []
        for query in queries:
            distances = np.linalg.norm(features - query, axis=1)
            found.append(np.argsort(distances)[:NEAREST])
        return np.array(found)

    return search


def engines(path: Path) -> Iterator[tuple[str, Search]]:
    """Our engines over a file of vectors, whose images are numbered from 1."""
    from search.engines.exact import ExactEngine

    from .vectors import engine_over

    exact = engine_over(ExactEngine, path)
    yield "exact engine", lambda queries: exact.search(queries, NEAREST)[0] - 1
    try:
        from search.engines.certified import CertifiedEngine

        certified = engine_over(CertifiedEngine, path)
    except (ImportError, ImproperlyConfigured) as error:
        yield f"certified engine: {error}", None  # type: ignore[misc]
    else:
        yield "certified engine", lambda queries: certified.search(queries, NEAREST)[0] - 1


def peers(features: np.ndarray) -> Iterator[tuple[str, Search]]:
    """What else a user may pick for exact search; each needs its package."""
    try:
        import faiss
    except ImportError:
        yield "faiss: not installed (requirements-benchmarks.txt)", None  # type: ignore[misc]
    else:
        index = faiss.IndexFlatIP(features.shape[1])
        index.add(features)
        yield "faiss IndexFlatIP", lambda queries: index.search(queries, NEAREST)[1]
    try:
        from usearch.index import MetricKind, search
    except ImportError:
        yield "usearch: not installed (requirements-benchmarks.txt)", None  # type: ignore[misc]
    else:
        threads = os.cpu_count() or 1

        def exact(queries: np.ndarray) -> np.ndarray:
            found = search(features, queries, NEAREST, MetricKind.IP, exact=True, threads=threads)
            return np.asarray(found.keys).reshape(len(queries), NEAREST).astype(np.int64)

        yield "usearch exact", exact


def read_all(features: np.ndarray) -> Callable[[], None]:
    """Read the whole matrix, each core a part of it, and do next to nothing with it."""
    cores = os.cpu_count() or 1
    pool = ThreadPoolExecutor(max_workers=cores)
    parts = np.array_split(features, cores)

    def run() -> None:
        list(pool.map(np.max, parts))

    return run


def agrees(found: np.ndarray, expected: np.ndarray, features: np.ndarray, query: Any) -> bool:
    """Whether two answers are the same but for rows at the same distance to 1e-5."""

    def distances(rows: np.ndarray) -> np.ndarray:
        return np.linalg.norm(features[rows].astype(np.float64) - query, axis=1)

    return bool(np.allclose(distances(found), distances(expected), atol=1e-5))


def measure(report: Report, options: argparse.Namespace, folder: Path, count: int) -> None:
    from search.array_file import ArrayFile

    from .vectors import sample_queries, write_synthetic

    path = folder / f"{count}.vectors"
    write_synthetic(path, count)
    queries = sample_queries(path, options.batch)
    rows = ArrayFile(path).rows("rows").matrix
    ours = dict(engines(path))
    others: dict[str, Search] = {}
    if count <= options.memory_rows:
        features = np.array(rows)
        others = {ORIGINAL: original(features)} | dict(peers(features))
    else:
        report.note(f"{count:,} rows: only this system's engines (see --memory-rows).")
    searches = {}
    for name, search in (others | ours).items():
        if search is None:
            report.note(f"Left out: {name}")
        else:
            searches[name] = search
    expected = next(iter(searches.values()))(queries[:3])
    for name, search in searches.items():
        for query, wanted, found in zip(queries, expected, search(queries[:3]), strict=False):
            assert agrees(found, wanted, rows, query), name
    rest = REST_SECONDS if 2 * rows.nbytes > REST_BYTES else 0
    one = [
        Variant(name, asking(search, queries[:1]), rest=rest if name == ORIGINAL else 0)
        for name, search in searches.items()
    ]
    if count <= options.memory_rows:
        one.append(Variant(LIMIT, read_all(features)))
    compare(report, options, f"One query, {count:,} rows", one, count)
    if count <= options.batch_rows:
        many = [
            Variant(name, asking(search, queries), options.batch)
            for name, search in searches.items()
        ]
        compare(report, options, f"{options.batch} queries at once, {count:,} rows", many, count)
    for file in folder.glob(f"{count}.*"):
        file.unlink()


def asking(search: Search, queries: np.ndarray) -> Callable[[], None]:
    def run() -> None:
        search(queries)

    return run


def compare(
    report: Report, options: argparse.Namespace, title: str, variants: list[Variant], count: int
) -> None:
    interleave(variants, rounds=options.rounds, pause=options.pause, twice=True)
    rows = timing_rows(variants)
    for row, variant in zip(rows, variants, strict=True):
        row["GB/s by minimum"] = count * 4096 * 4 / variant.best / 1e9
    report.table(f"{title}: milliseconds a query", rows)


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=7)
    parser.add_argument("--rows", type=int, nargs="+", default=[5063, 105000])
    parser.add_argument("--batch", type=int, default=55, help="queries asked at once")
    parser.add_argument(
        "--batch-rows", type=int, default=20000, help="more rows: single queries only"
    )
    parser.add_argument(
        "--memory-rows", type=int, default=200_000, help="more rows: our engines only"
    )
    options = parser.parse_args()
    report = Report("Exact search, 4096 components, 30 nearest", options)
    with temporary_system() as folder:
        for count in options.rows:
            measure(report, options, folder, count)
            gc.collect()
    report.close()


if __name__ == "__main__":
    main()
