"""Small renditions of pictures, kept in the storage under the hash of the content they are of.

`thumbnails/ab/ab12...-grid.webp` is of the picture with this SHA-256 and of no other: there are no
dates to compare and no rows to keep, rows of equal content share it, and whoever makes it a second
time makes the same. A rendition that is lost or damaged is made again at the next request.
"""

import hashlib
import logging
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.files.storage import default_storage
from PIL import Image as PillowImage

from ..models import Image
from ..pixels import for_collections, opened
from ..trouble.reasons import of_storage
from .aliases import thumbnail_storage
from .media import write_whole
from .sealing import is_whole, sealed

FOLDER = "thumbnails"
# Boxes that renditions fit into, in pixels, by the name they have in addresses.
SIZES = {
    "small": (96, 96),
    "card": (240, 240),
    "grid": (320, 320),
    "medium": (640, 640),
    "large": (1600, 1600),
}
# On screens with two pixels for each of a page's, this one is shown instead.
FINER = {"card": "grid"}


@dataclass(frozen=True, slots=True)
class Coding:
    """How a rendition is written: Pillow's name of the format, and its options."""

    format: str
    extension: str
    content_type: str
    options: dict[str, Any]


# What a page has dozens of is WebP: of 30 photographs 372 KB at 33.4 dB, where JPEG takes 561 for
# 33.5. It takes twice as long to write (15 ms of these), so the large ones stay JPEG.
WEBP = Coding("WEBP", ".webp", "image/webp", {"quality": 75, "method": 4})
JPEG = Coding("JPEG", ".jpg", "image/jpeg", {"quality": 82, "optimize": True})
CODINGS = {"small": WEBP, "card": WEBP, "grid": WEBP, "medium": WEBP, "large": JPEG}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A whole file. `kept`: the storage holds it, and it is of the content that the row names."""

    data: bytes
    content_type: str
    kept: bool


def rendition_name(sha256: str, size: str) -> str:
    return f"{FOLDER}/{sha256[:2]}/{sha256}-{size}{CODINGS[size].extension}"


def rendition_of(image: Image, size: str) -> Rendition:
    """Return the rendition of `image` in one of `SIZES`, making it if need be.

    Where the storage takes no file, it is made for each request. Raises `PictureError` where the
    picture is damaged or too many are being decoded, and whatever the storage raises where the
    picture's file cannot be read.
    """
    name, coding = rendition_name(image.sha256, size), CODINGS[size]
    found = stored(name)
    if found is not None:
        return Rendition(found, coding.content_type, kept=True)
    with default_storage.open(str(image.file), "rb") as file:
        content = file.read()
    # The file of an import from the storage may have changed since: that is shown, but not kept.
    is_known = hashlib.sha256(content).hexdigest() == image.sha256
    data = render(content, SIZES[size], coding, proven=is_known)
    return Rendition(data, coding.content_type, kept=is_known and keep(data, name))


def stored(name: str) -> bytes | None:
    """Return a rendition from the storage; None where there is none, or only a part of one."""
    try:
        with thumbnail_storage.open(name, "rb") as file:
            data: bytes = file.read()
    except OSError:  # also what the disk cannot read, or is no file: it is made anew
        return None
    return data if is_whole(data) else None


def keep(data: bytes, name: str) -> bool:
    """Write a rendition to the storage; False, and a line in the log, where it takes none."""
    try:
        write_whole(content=data, name=name, storage=thumbnail_storage)
    except Exception as error:
        if not of_storage(error):
            raise
        logger.warning("The storage takes no thumbnail %s (%s).", name, error)
        return False
    return True


def delete_renditions(sha256: str) -> None:
    """Delete what was made of a content that no row has any more."""
    for size in SIZES:
        thumbnail_storage.delete(rendition_name(sha256, size))


def render(content: bytes, box: tuple[int, int], coding: Coding, *, proven: bool = False) -> bytes:
    """Return a picture's file as one that fits into `box`; raises `PictureError`.

    Of the same upright RGB pixels that descriptors see. `proven`: the file was proven whole when
    it was imported.
    """
    with opened(BytesIO(content), for_collections(waits=False), proven=proven) as picture:
        pixels = picture.pixels
        size = fitted(pixels.width, pixels.height, box)
        if size != pixels.size:
            pixels = pixels.resize(size, PillowImage.Resampling.LANCZOS)
    pixels.info.clear()  # nothing of the original's remarks goes out
    buffer = BytesIO()
    pixels.save(buffer, coding.format, **coding.options)
    return sealed(buffer.getvalue())


def fitted(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """Scale a size down, never up, to fit into `box`; each side is at least one pixel."""
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
