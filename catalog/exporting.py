"""Vectors out of the database, into a file that notebooks read."""

import os
from pathlib import Path

import numpy as np

from .descriptors import Descriptor
from .names import printable
from .querysets import ImageQuerySet
from .vectors import decode
from .vectorstore import vectors_of


def export_features(*, images: ImageQuerySet, descriptor: Descriptor, path: Path) -> int:
    """Write `names` (N,) str, `vectors` (N, dim) float32 and `model_id` to `path`, an .npz file.

    Only images with a current vector, ordered by collection and name; a name is unique within its
    collection, and printable, as everywhere. Returns N; writes nothing where it is 0. The file
    appears whole or not at all. Raises `OSError` where it cannot be written.
    """
    current = images.with_current(descriptor.name, descriptor.model_id)
    names = list(current.order_by("collection__slug", "name").values_list("pk", "name"))
    if not names:
        return 0
    position = {pk: row for row, (pk, _name) in enumerate(names)}
    vectors = np.full((len(names), descriptor.dim), np.nan, dtype=np.float32)
    stored = vectors_of(descriptor.name).stream(descriptor.model_id, images=sorted(position))
    for _collection, pk, data in stored:
        vectors[position[pk]] = decode(data, descriptor.dim)
    kept = ~np.isnan(vectors[:, 0])  # a row deleted meanwhile
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("xb") as file:
            np.savez(
                file,
                names=np.array([printable(name) for _pk, name in names])[kept],
                vectors=vectors[kept],
                model_id=np.array(descriptor.model_id),
            )
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return int(kept.sum())
