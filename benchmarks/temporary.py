"""A whole system in a temporary folder: database, pictures, vectors. Gone afterwards."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

MODEL_ID = "vgg16/untrained/float32"
ROWS_AT_A_TIME = 500


@contextmanager
def temporary_system(weights: str = "untrained") -> Iterator[Path]:
    """Set Django up on an empty SQLite database in a folder that lives as long as the block.

    Once a process: Django's settings are read once.
    """
    with tempfile.TemporaryDirectory(prefix="sis-benchmark-") as name:
        os.environ |= environment(Path(name), weights)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        try:
            yield Path(name)
        finally:
            from django.db import connections

            connections.close_all()


def environment(folder: Path, weights: str = "untrained") -> dict[str, str]:
    """What tells a process to use the system in `folder`."""
    return {
        "SIS_VAR_DIR": str(folder),
        "SIS_WEIGHTS": weights,
        "SIS_PRECISION": "float32",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
    }


def unit_vectors(count: int, *, seed: int, dim: int = 4096) -> np.ndarray:
    """Like fc6: no component below zero, half of them zero, length 1; (count, dim) float32."""
    generator = np.random.default_rng(seed)
    rows = np.empty((count, dim), dtype=np.float32)
    for start in range(0, count, 4096):
        part = rows[start : start + 4096]
        generator.standard_normal(out=part, dtype=np.float32)
        np.maximum(part, 0, out=part)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return rows


def fill_vectors(
    vectors: np.ndarray,
    *,
    slug: str,
    names: Sequence[str] | None = None,
    size: tuple[int, int] = (1024, 768),
) -> None:
    """Store images with these vectors, and no files, in a collection; numbered without `names`."""
    from catalog.models import Collection, Image

    collection, _created = Collection.objects.get_or_create(slug=slug)
    names = names or [f"{number:08d}" for number in range(len(vectors))]
    for start in range(0, len(vectors), ROWS_AT_A_TIME):
        Image.objects.bulk_create(
            Image(
                collection=collection,
                name=name,
                source_name=f"{name}.jpg",
                file=f"{name}.jpg",
                format="JPEG",
                width=size[0],
                height=size[1],
                byte_size=1,
                sha256=f"{number:064x}",
                fc6=vectors[number],
                fc6_model_id=MODEL_ID,
            )
            for number, name in enumerate(names[start : start + ROWS_AT_A_TIME], start)
        )


def photograph(seed: int, *, size: tuple[int, int] = (1024, 768)) -> bytes:
    """A JPEG with detail at every scale: as much work for a decoder as a photograph."""
    generator = np.random.default_rng(seed)
    width, height = size
    pixels = np.zeros((height, width, 3), dtype=np.float32)
    for scale in (4, 16, 64, 256):
        shape = (max(2, height * scale // 1024), max(2, width * scale // 1024), 3)
        coarse = PillowImage.fromarray(generator.integers(0, 256, shape, dtype=np.uint8))
        smooth = coarse.resize(size, PillowImage.Resampling.BICUBIC)
        pixels += (np.asarray(smooth, dtype=np.float32) - 128) * (1.2 / scale**0.3)
    pixels += generator.normal(0, 4, (height, width, 1)).astype(np.float32)
    buffer = BytesIO()
    picture = PillowImage.fromarray((pixels + 128).clip(0, 255).astype(np.uint8))
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def fill_photographs(folder: Path, count: int) -> list[Path]:
    """Write JPEGs to `folder` and import them as the collection `photographs`."""
    from django.core.management import call_command

    folder.mkdir()
    paths = [folder / f"{number:05d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(photograph(number))
    call_command("import_images", str(folder), collection="photographs", verbosity=0)
    return paths
