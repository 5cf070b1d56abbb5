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
EXACT, CERTIFIED = "exact engine", "certified engine"
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


def engines(path: Path) -> Iterator[tuple[str, Any]]:
    """Our engines over a file of vectors, whose images are numbered from 1."""
    from search.engines.exact import ExactEngine

    from .vectors import engine_over

    yield EXACT, engine_over(ExactEngine, path)
    try:
        from search.engines.certified import CertifiedEngine

        yield CERTIFIED, engine_over(CertifiedEngine, path)
    except (ImportError, ImproperlyConfigured) as error:
        yield f"{CERTIFIED}: {error}", None


def searching(engine: Any) -> Search | None:
    return engine and (lambda queries: engine.search(queries, NEAREST)[0] - 1)


def compare_answers(report: Report, ours: dict[str, Any], queries: np.ndarray) -> None:
    """Note how many of the certified engine's answers equal the exact engine's, all of them."""
    if CERTIFIED not in ours:
        return
    exact, certified = (ours[name].answer(queries, NEAREST) for name in (EXACT, CERTIFIED))
    same = (exact.ids == certified.ids) & (exact.scores == certified.scores)
    identical, proven = int(same.all(axis=1).sum()), certified.methods.count("certified")
    report.note(
        f"Certified engine: {identical} of {len(queries)} answers have the exact engine's ids and "
        f"distances to the last bit, {proven} of them certified."
    )
    assert identical == len(queries)


def peers(features: np.ndarray) -> Iterator[tuple[str, Search | None]]:
    """What else a user may pick for exact search; each needs its package."""
    try:
        import faiss
    except ImportError:
        yield "faiss: not installed (requirements-benchmarks.txt)", None
    else:
        index = faiss.IndexFlatIP(features.shape[1])
        index.add(features)
        yield "faiss IndexFlatIP", lambda queries: index.search(queries, NEAREST)[1]
    try:
        from usearch.index import MetricKind, search
    except ImportError:
        yield "usearch: not installed (requirements-benchmarks.txt)", None
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


def check_agreement(searches: dict[str, Search], features: np.ndarray, queries: Any) -> None:
    """Raise `AssertionError` where somebody answers otherwise than the first of them."""
    expected = next(iter(searches.values()))(queries)
    for name, search in searches.items():
        for query, wanted, found in zip(queries, expected, search(queries), strict=True):
            assert agrees(found, wanted, features, query), name


def measure(report: Report, options: argparse.Namespace, folder: Path, count: int) -> None:
    from search.index.array_file import ArrayFile

    from .vectors import sample_queries, write_synthetic

    path = folder / f"{count}.vectors"
    write_synthetic(path, count)
    queries = sample_queries(path, options.batch)
    rows = ArrayFile(path).rows("rows", scanned=False).matrix
    in_memory = count <= options.memory_rows
    features = np.array(rows) if in_memory else rows
    ours = dict(engines(path))
    compare_answers(report, ours, queries)
    wanted: dict[str, Search | None] = {}
    if in_memory:
        wanted = {ORIGINAL: original(features), **dict(peers(features))}
    wanted |= {name: searching(engine) for name, engine in ours.items()}
    searches = {name: search for name, search in wanted.items() if search is not None}
    for name in wanted.keys() - searches.keys():
        report.note(f"Left out: {name}")
    check_agreement(searches, rows, queries[:3])
    compare_single(report, options, searches, features, queries[:1])
    if count <= options.batch_rows:
        many = [Variant(name, asking(s, queries), len(queries)) for name, s in searches.items()]
        compare(report, options, f"{len(queries)} queries at once, {count:,} rows", many, count)
    for file in folder.glob(f"{count}.*"):
        file.unlink()


def compare_single(
    report: Report,
    options: argparse.Namespace,
    searches: dict[str, Search],
    features: np.ndarray,
    query: np.ndarray,
) -> None:
    """Compare one query of each, and reading all rows once where they are in memory."""
    rest = REST_SECONDS if 2 * features.nbytes > REST_BYTES else 0
    variants = [
        Variant(name, asking(search, query), rest=rest if name == ORIGINAL else 0)
        for name, search in searches.items()
    ]
    if ORIGINAL in searches:
        variants.append(Variant(LIMIT, read_all(features)))
    compare(report, options, f"One query, {len(features):,} rows", variants, len(features))


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
