"""What searching by words costs: the inverted file's size, its making, and one query.

    python -m benchmarks.words [--pictures 5063 100000] [--own 1640] [--assigned 5] [--json FILE]

Postings are made up: each picture has `--own` of 65,536 words with random codes, some words more
often than others, as in photographs of Oxford (their imbalance is 1.2). So is the vocabulary, for
which a query's 2,000 features look, `--assigned` words each. Pictures come in pieces of 2,000, as
they do from the database.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from .measuring import Report, arguments

Row = dict[str, Any]
WORDS, FEATURES = 65_536, 2_000
# Frequencies of words are drawn from a gamma distribution of this shape: imbalance 1 + 1/5.
SHAPE = 5
PIECE = 2_000


def made_up(pictures: int, own: int, random: np.random.Generator) -> list[Any]:
    """Pieces of an inverted file, of at least `pictures` pictures in all."""
    from catalog.descriptors.local.aggregation import Aggregated
    from search.engines.aggregated.postings import invert

    often = np.cumsum(random.gamma(SHAPE, size=WORDS))
    often /= often[-1]

    def one() -> Any:
        words = np.unique(np.searchsorted(often, random.random(own))).astype(np.uint16)
        return Aggregated(words, random.integers(0, 256, (len(words), 16), dtype=np.uint8))

    return [
        invert(1, range(first, min(first + PIECE, pictures)), [one() for _ in range(size)])
        for first in range(0, pictures, PIECE)
        if (size := min(PIECE, pictures - first))
    ]


def searching(pictures: int, own: int, assigned: int, rounds: int) -> Row:
    from catalog.descriptors.local.aggregation import aggregate
    from search.engines.aggregated.engine import best
    from search.engines.aggregated.postings import joined, open_postings
    from search.engines.aggregated.scoring import scores, weights_by_distance
    from search.index.array_file import ArrayFile

    random = np.random.default_rng(0)
    pieces = made_up(pictures, own, random)
    started = time.perf_counter()
    whole = joined(pieces)
    joining = time.perf_counter() - started
    del pieces
    vocabulary, features = made_up_vocabulary(random)
    weights = weights_by_distance(3, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "1-1.vectors"
        writing, size = write(whole, path), path.stat().st_size
        del whole
        postings = open_postings(ArrayFile(path))
        finding, comparing = [], []
        for rows in features.reshape(-1, FEATURES, 128)[: rounds + 1]:
            started = time.perf_counter()
            query = aggregate(rows, vocabulary.assign(rows, assigned), vocabulary.centroids)
            finding.append(time.perf_counter() - started)
            started = time.perf_counter()
            best(postings.ids, scores(postings, query, weights), 100)
            comparing.append(time.perf_counter() - started)
    return {
        "pictures": pictures,
        "words a picture": len(postings.rows) / pictures,
        "kB a picture": size / pictures / 1000,
        "s to join": joining,
        "s to write": writing,
        "ms to find a query's words": 1000 * float(np.median(finding[1:])),
        "words of a query": len(query),
        "ms to compare": 1000 * float(np.median(comparing[1:])),
    }


def write(postings: Any, path: Path) -> float:
    """Write the inverted file; return the seconds."""
    from search.index.array_file import ArrayFileWriter

    started = time.perf_counter()
    with ArrayFileWriter(path) as writer:
        writer.publish({**postings.write_to(writer), "mark": 1})
    return time.perf_counter() - started


def made_up_vocabulary(random: np.random.Generator) -> tuple[Any, np.ndarray]:
    """Words, and features of ten queries that lie near some of them, as unit rows."""
    from catalog.descriptors.local.vocabulary import Vocabulary

    centroids = random.gamma(0.5, size=(WORDS, 128)).astype(np.float32)
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    near = centroids[random.integers(0, WORDS, 10 * FEATURES)]
    features = near + random.normal(0, 0.03, near.shape).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    return Vocabulary(centroids), features


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=5)
    parser.add_argument("--pictures", type=int, nargs="+", default=[5063, 100_000])
    parser.add_argument("--own", type=int, default=1640, help="words that a picture draws")
    parser.add_argument("--assigned", type=int, default=5, help="words of a query's feature")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
    import django

    django.setup()
    report = Report("Searching by words", options)
    rows = [
        searching(pictures, options.own, options.assigned, options.rounds)
        for pictures in options.pictures
    ]
    report.table("Inverted file", rows)
    report.close()


if __name__ == "__main__":
    main()
