"""Starting: engines from the database and from their file, and the first query of a process.

    python -m benchmarks.loading [--rows 5063] [--rounds 3] [--json FILE]

The original loaded one `.npy` file a picture, and all of VGG16 through Keras. The first query is
measured from the start of a process to its vector; both read the same weights file.
"""

import argparse
import gc
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .measuring import Report, Variant, arguments, interleave, timing_rows
from .temporary import fill_vectors, photograph, temporary_system, unit_vectors

MOST_FILES = 20_000
READY = "vector ready, peak kB:"
# The last words of both scripts, which `until_ready` waits for.
SAY_READY = f"""
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.is_file() else []
peak = next((line.split()[1] for line in lines if line.startswith("VmHWM")), 0)
print("{READY}", peak, flush=True)
"""
ORIGINAL = (
    """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
from tensorflow.keras.applications.vgg16 import VGG16, preprocess_input
from tensorflow.keras.models import Model
base = VGG16(weights=sys.argv[1])
model = Model(inputs=base.inputs, outputs=base.get_layer("fc1").output)
picture = Image.open(sys.argv[2]).resize((224, 224)).convert("RGB")
pixels = preprocess_input(np.expand_dims(np.array(picture, dtype=np.float32), axis=0))
vector = model.predict(pixels, verbose=0)[0]
vector = vector / np.linalg.norm(vector)
np.save(sys.argv[3], vector)
"""
    + SAY_READY
)
OURS = (
    """
import sys
from pathlib import Path
import numpy as np
import django
django.setup()
from catalog.descriptors import get_descriptor
from catalog.pixels import decode
with open(sys.argv[2], "rb") as file:
    vector = get_descriptor(weights=sys.argv[1]).describe_one(decode(file).pixels)
np.save(sys.argv[3], vector)
"""
    + SAY_READY
)
WRITE_WEIGHTS = """
import sys
import h5py
import keras
from keras.src.legacy.saving import legacy_h5_format
keras.utils.set_random_seed(1)
with h5py.File(sys.argv[1], "w") as file:
    legacy_h5_format.save_weights_to_hdf5_group(file, keras.applications.VGG16(weights=None))
"""


def script(code: str, *values: Any) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", code, *map(str, values)], capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr[-2000:])
    return finished.stdout


def until_ready(code: str, *values: Any) -> tuple[float, float]:
    """Return the seconds from a script's start to its vector, and its peak memory in GB."""
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        command = [sys.executable, "-c", code, *map(str, values)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process:
            assert process.stdout is not None
            last = next((line for line in process.stdout if line.startswith(READY)), None)
            elapsed = time.perf_counter() - started
        if last is None:
            said.seek(0)
            raise RuntimeError(said.read()[-2000:])
    return elapsed, int(last.split()[-1]) * 1024 / 1e9


def measure_first_query(report: Report, options: argparse.Namespace, folder: Path) -> None:
    weights, picture = folder / "vgg16.h5", folder / "photo.jpg"
    script(WRITE_WEIGHTS, weights)
    picture.write_bytes(photograph(1))
    peaks: dict[str, float] = {}

    def process(name: str, code: str) -> Callable[[], float]:
        def run() -> float:
            vector = folder / f"{name[:4]}.npy"
            elapsed, peaks[name] = until_ready(code, weights, picture, vector)
            return elapsed

        return run

    variants = [
        Variant("original script", process("original script", ORIGINAL)),
        Variant("this system", process("this system", OURS)),
    ]
    interleave(variants, rounds=options.rounds, pause=options.pause)
    difference = abs(np.load(folder / "orig.npy") - np.load(folder / "this.npy")).max()
    assert difference < 1e-5, difference
    rows = timing_rows(variants)
    for row in rows:
        row["peak resident GB"] = peaks[row["variant"]]
    report.table("First query of a process: import, weights, forward", rows)


def start(query: np.ndarray, *, cached: bool) -> float:
    """Return the seconds in which a new engine is ready, with or without its file."""
    from catalog.descriptors import get_descriptor
    from search.engines.exact import ExactEngine

    if not cached:
        shutil.rmtree(cache_folder(), ignore_errors=True)
    gc.collect()
    started = time.perf_counter()
    engine = ExactEngine(descriptor=get_descriptor())
    engine.sync()
    elapsed = time.perf_counter() - started
    assert engine.search(query, 1)[0].shape == (1, 1)
    engine.finish()  # the file, which is written beside the first answers
    return elapsed


def cache_folder() -> Path:
    from django.conf import settings

    folder: Path = settings.SIS_VAR_DIR / "cache" / "vectors"
    return folder


def load_files(files: Path, count: int) -> None:
    """Do as the original: read one file a picture."""
    features = [np.load(path) for path in sorted(files.iterdir())]
    assert np.array(features).shape == (count, 4096)


def measure_engines(report: Report, options: argparse.Namespace, folder: Path, count: int) -> None:
    from catalog.models import Collection

    Collection.objects.all().delete()
    vectors = unit_vectors(count, seed=count)
    fill_vectors(vectors, slug=f"rows{count}")
    query = unit_vectors(1, seed=1)
    variants = [
        Variant("exact engine, from SQLite", partial(start, query, cached=False)),
        Variant("exact engine, from its file", partial(start, query, cached=True)),
    ]
    files = folder / f"features{count}"
    files.mkdir()
    if count <= MOST_FILES:
        for number, vector in enumerate(vectors):
            np.save(files / f"{number:08d}.npy", vector)
        original = Variant("original: a .npy file a picture", partial(load_files, files, count))
        variants.insert(0, original)
    del vectors
    interleave(variants, rounds=options.rounds, pause=options.pause)
    report.table(f"Engine start, {count:,} rows", timing_rows(variants))
    report_sizes(report, folder, count)
    shutil.rmtree(files)


def report_sizes(report: Report, folder: Path, count: int) -> None:
    sizes = {
        "database": folder.glob("db.sqlite3*"),
        "file of the engine": cache_folder().rglob("*.vectors"),
    }
    report.table(
        f"On disk, {count:,} rows",
        [
            {"what": what, "GB": sum(path.stat().st_size for path in paths) / 1e9}
            for what, paths in sizes.items()
        ],
    )


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=3)
    parser.add_argument("--rows", type=int, nargs="+", default=[5063])
    parser.add_argument("--no-network", action="store_true", help="only the engines")
    options = parser.parse_args()
    report = Report("Loading", options)
    with temporary_system() as folder:
        if not options.no_network:
            measure_first_query(report, options, folder)
        for count in options.rows:
            measure_engines(report, options, folder, count)
    report.close()


if __name__ == "__main__":
    main()
