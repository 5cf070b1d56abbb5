"""Pictures and vectors made in memory, and rows made of them."""

import hashlib
from functools import lru_cache
from io import BytesIO

import numpy as np
from django.core.files.base import ContentFile
from PIL import Image as PillowImage

from catalog.models import Collection, Image
from catalog.pixels import READING

MODEL_ID = "vgg16/untrained/float32"


def picture(seed: int = 0, *, size: tuple[int, int] = (64, 48), mode: str = "RGB"):
    """A picture of smooth random colours: structured enough to survive JPEG, distinct by seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    image = PillowImage.fromarray(coarse).resize(size, PillowImage.Resampling.BICUBIC)
    return image.convert(mode)


def encoded(image: PillowImage.Image, format: str = "JPEG", **options) -> bytes:
    """The bytes of a picture file."""
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@lru_cache(maxsize=1000)
def small_jpeg(seed: int) -> bytes:
    """The file of `picture(seed)`; many tests store the same ones."""
    return encoded(picture(seed))


def unit_vectors(count: int, *, seed: int = 0, dim: int = 4096) -> np.ndarray:
    """(count, dim) float32: non-negative unit rows with half their components zero, as fc6 has."""
    rows = np.random.default_rng(seed).normal(size=(count, dim)).clip(min=0).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def add_image(
    collection: Collection,
    name: str,
    *,
    vector: np.ndarray | None = None,
    model_id: str = MODEL_ID,
    seed: int | None = None,
    **fields,
) -> Image:
    """Store a small JPEG named `name`, with a vector where one is given."""
    if seed is None:
        seed = int.from_bytes(hashlib.sha256(f"{collection.slug}/{name}".encode()).digest()[:4])
    content = small_jpeg(seed)
    image = Image(
        collection=collection,
        name=name,
        source_name=f"{name}.jpg",
        format="JPEG",
        width=64,
        height=48,
        byte_size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        reading=READING,
        fc6=vector,
        fc6_model_id=model_id if vector is not None else "",
        **fields,
    )
    image.file.save(f"{name}.jpg", ContentFile(content), save=False)
    image.save()
    return image
