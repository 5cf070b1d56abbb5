"""Synthetic vectors in the cache's file format, and engines over them without a database.

The vectors are made to be like fc6: 4096 components, none negative, about a quarter not zero,
length 1; landmarks with pictures near each other, among pictures of no landmark, in a space of
few dimensions. `python -m benchmarks.vectors FILE --rows N` makes a file.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings

if not settings.configured:  # engines import models
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
    django.setup()

import numpy as np
import numpy.typing as npt

from catalog.descriptors import Descriptor
from search.engines import SearchEngine
from search.engines.following import FollowingVectorEngine
from search.index.array_file import ArrayFile, ArrayFileWriter
from search.index.snapshot import VectorFileWriter, open_base

Float32Array = npt.NDArray[np.float32]

DIM = 4096
LATENT = 192
ROWS_AT_A_TIME = 2000
# Pictures of one landmark; half of all pictures are of none.
LANDMARK = 40
# Chosen so that a quarter of the components is positive.
THRESHOLD = 0.7


class NoNetwork(Descriptor):
    """Stands for a descriptor where vectors come from elsewhere."""

    name, trained = "fc6", False

    def __init__(self, dim: int = DIM) -> None:
        self.dim = dim

    @property
    def model_id(self) -> str:
        return "synthetic"

    def describe(self, images: object) -> Float32Array:
        raise NotImplementedError


def synthetic(rows: int, *, seed: int = 0, dim: int = DIM) -> Iterator[Float32Array]:
    """Yield (n, dim) float32 unit rows like those of fc6, `rows` in all."""
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((LATENT, dim), dtype=np.float32) / np.float32(LATENT**0.5)
    # Some components fire often and strongly, most seldom.
    gain = generator.lognormal(0, 0.5, dim).astype(np.float32)
    for start in range(0, rows, ROWS_AT_A_TIME):
        count = min(ROWS_AT_A_TIME, rows - start)
        latent = generator.standard_normal((count, LATENT), dtype=np.float32)
        for first in range(0, count // 2, LANDMARK):
            landmark = slice(first, min(first + LANDMARK, count // 2))
            size = landmark.stop - landmark.start
            # How far a picture is from its landmark: from nearly the same to hardly alike.
            own = generator.uniform(0.2, 0.9, (size, 1)).astype(np.float32)
            latent[landmark] = own * latent[landmark] + np.sqrt(1 - own**2) * latent[first]
        made = latent @ mixing
        made += 0.3 * generator.standard_normal(made.shape, dtype=np.float32)
        made -= THRESHOLD
        np.maximum(made, 0, out=made)
        made *= gain
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        # Neighbours in a database are not neighbours in the file.
        yield made[generator.permutation(count)]


def write_synthetic(path: Path, rows: int, *, seed: int = 0, dim: int = DIM) -> None:
    """Write a file of synthetic vectors: images 1 to `rows`, all in collection 1."""
    first = 1
    with ArrayFileWriter(path) as writer:
        vectors = VectorFileWriter(writer, dim)
        for chunk in synthetic(rows, seed=seed, dim=dim):
            vectors.write(1, np.arange(first, first + len(chunk)), chunk)
            first += len(chunk)
        writer.publish({**vectors.finish(), "mark": seed + 1})


def sample_queries(path: Path, count: int, *, noise: float = 0.5, seed: int = 1) -> Float32Array:
    """Return (count, D) queries: rows of the file, each mixed with another; some unchanged.

    `noise` is the share of the other row, up to which it is drawn at random.
    """
    rows = ArrayFile(path).rows("rows", scanned=False)
    generator = np.random.default_rng(seed)
    places = generator.choice(len(rows.matrix), 2 * count, replace=False)
    picked = rows.take(places)
    share = generator.uniform(0, noise, (count, 1)).astype(np.float32)
    share[: count // 5] = 0
    mixed = (1 - share) * picked[:count] + share * picked[count:]
    queries: Float32Array = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return queries


def engine_over(engine: type[FollowingVectorEngine], path: Path, **options: object) -> SearchEngine:
    """Return an engine that searches a file; do not call its `sync()`.

    The certified engine puts its codes into a file beside, the first time.
    """
    dim = ArrayFile(path).rows("rows", scanned=False).matrix.shape[1]
    made = engine(descriptor=NoNetwork(dim), cache=False, **options)
    made.adopt(open_base(ArrayFile(path), dim, scanned=made.scans))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=105_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    write_synthetic(arguments.file, arguments.rows, seed=arguments.seed)
    sys.stdout.write(f"{arguments.file}: {arguments.rows} rows\n")


if __name__ == "__main__":
    main()
