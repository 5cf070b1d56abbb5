"""What comparing a collection with itself costs: time and memory, of made-up vectors of lite0.

    python -m benchmarks.duplicates [--pictures 10000 100000] [--json FILE]

One picture in fifty is nearly the same as the one before it. Each size is compared in a process of
its own, whose largest resident memory is told; the vectors come from a database on disk.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .measuring import Report, arguments
from .temporary import ROWS_AT_A_TIME, environment, temporary_system

DESCRIPTOR = "lite0"
EVERY = 50
COMPARE = "from benchmarks.duplicates import compare; compare()"


def fill(slug: str, pictures: int) -> None:
    """Store pictures without files, and their vectors."""
    from catalog.descriptors import get_descriptor
    from catalog.models import Collection, Image
    from catalog.vectorstore import Version, vectors_of

    descriptor = get_descriptor(DESCRIPTOR)
    random = np.random.default_rng(0)
    collection = Collection.objects.create(slug=slug)
    last = np.zeros(descriptor.dim, np.float32)
    for start in range(0, pictures, ROWS_AT_A_TIME):
        numbers = range(start, min(start + ROWS_AT_A_TIME, pictures))
        images = Image.objects.bulk_create(
            Image(
                collection=collection,
                name=f"{number:08d}",
                source_name=f"{number:08d}.jpg",
                file=f"{slug}/{number}.jpg",
                format="JPEG",
                width=1024,
                height=768,
                byte_size=1,
                sha256=f"{number:064x}",
            )
            for number in numbers
        )
        rows = np.maximum(random.standard_normal((len(images), descriptor.dim)), 0)
        rows = rows.astype(np.float32)
        for place, number in enumerate(numbers):
            if number % EVERY == 1:
                before = rows[place - 1] if place else last
                rows[place] = before + 0.05 * rows[place]
        last = rows[-1]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        versions = [Version(image.pk, image.sha256) for image in images]
        vectors_of(DESCRIPTOR).write(
            list(zip(versions, rows, strict=True)),
            model_id=descriptor.model_id,
            dim=descriptor.dim,
        )


def compare() -> None:
    """Compare the collection that the environment names, and print what it cost as JSON."""
    import django

    django.setup()
    from catalog.models import Collection
    from search.duplicates.scanning import scan
    from search.recipes import get_recipe

    collection = Collection.objects.get(slug=os.environ["SIS_BENCHMARKED"])
    started = time.perf_counter()
    found = scan(collection=collection, recipe=get_recipe(DESCRIPTOR))
    seconds = time.perf_counter() - started
    print(
        json.dumps(
            {
                "pictures": found.compared,
                "seconds": seconds,
                "pairs": int((found.pairs.distances <= found.suggested).sum()),
                "MB resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def in_a_process(folder: Path, slug: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", COMPARE],
        env=os.environ | environment(folder) | {"SIS_BENCHMARKED": slug},
        stdout=subprocess.PIPE,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=1)
    parser.add_argument("--pictures", type=int, nargs="+", default=[10_000, 100_000])
    options = parser.parse_args()
    report = Report("Comparing a collection with itself", options)
    with temporary_system() as folder:
        rows = []
        for number in options.pictures:
            fill(f"c{number}", number)
            rows.append(in_a_process(folder, f"c{number}"))
    report.table("Duplicates by vectors of lite0", rows)
    report.close()


if __name__ == "__main__":
    main()
