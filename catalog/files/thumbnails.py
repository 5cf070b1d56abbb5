"""Small renditions of pictures, kept in the storage under the hash of the content they are of.

`thumbnails/ab/ab12...-grid.jpg` is of the picture with this SHA-256 and of no other: there are no
dates to compare and no rows to keep, rows of equal content share it, and whoever makes it a second
time makes the same. A rendition that is lost or damaged is made again at the next request.
"""

import hashlib
import logging
import zlib
from dataclasses import dataclass
from io import BytesIO

from django.core.files.storage import default_storage
from PIL import Image as PillowImage

from ..models import Image
from ..pixels import for_collections, opened
from ..trouble.reasons import of_storage
from .media import write_whole

FOLDER = "thumbnails"
# Boxes that renditions fit into, in pixels, by the name they have in addresses.
SIZES = {"small": (96, 96), "grid": (320, 320), "large": (1600, 1600)}
QUALITY = 82

COMMENT = b"\xff\xfe\x00\x0a"  # a JPEG comment of eight letters

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A whole JPEG. `kept`: the storage holds it, and it is of the content that the row names."""

    data: bytes
    kept: bool


def rendition_name(sha256: str, size: str) -> str:
    return f"{FOLDER}/{sha256[:2]}/{sha256}-{size}.jpg"


def rendition_of(image: Image, size: str) -> Rendition:
    """Return the rendition of `image` in one of `SIZES`, making it if need be.

    Where the storage takes no file, it is made for each request. Raises `PictureError` where the
    picture is damaged or too many are being decoded, and whatever the storage raises where the
    picture's file cannot be read.
    """
    name = rendition_name(image.sha256, size)
    found = stored(name)
    if found is not None:
        return Rendition(found, kept=True)
    with default_storage.open(str(image.file), "rb") as file:
        content = file.read()
    # The file of an import from the storage may have changed since: that is shown, but not kept.
    is_known = hashlib.sha256(content).hexdigest() == image.sha256
    data = render(content, SIZES[size], proven=is_known)
    return Rendition(data, kept=is_known and keep(data, name))


def stored(name: str) -> bytes | None:
    """Return a rendition from the storage; None where there is none, or only a part of one."""
    try:
        with default_storage.open(name, "rb") as file:
            data: bytes = file.read()
    except OSError:  # also what the disk cannot read, or is no file: it is made anew
        return None
    return data if is_whole(data) else None


def keep(data: bytes, name: str) -> bool:
    """Write a rendition to the storage; False, and a line in the log, where it takes none."""
    try:
        write_whole(content=data, name=name)
    except Exception as error:
        if not of_storage(error):
            raise
        logger.warning("The storage takes no thumbnail %s (%s).", name, error)
        return False
    return True


def delete_renditions(sha256: str) -> None:
    """Delete what was made of a content that no row has any more."""
    for size in SIZES:
        default_storage.delete(rendition_name(sha256, size))


def render(content: bytes, box: tuple[int, int], *, proven: bool = False) -> bytes:
    """Return a picture's file as a JPEG that fits into `box`; raises `PictureError`.

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
    pixels.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return sealed(buffer.getvalue())


def fitted(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """Scale a size down, never up, to fit into `box`; each side is at least one pixel."""
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def sealed(jpeg: bytes) -> bytes:
    """Return a JPEG with the checksum of all its bytes in a comment behind its first segment."""
    place = first_segment(jpeg)
    return jpeg[:place] + COMMENT + b"%08x" % zlib.crc32(jpeg) + jpeg[place:]


def is_whole(data: bytes) -> bool:
    """Tell whether `sealed` made exactly these bytes: not empty, cut, zeroed or something else."""
    place = first_segment(data)
    return sealed(data[:place] + data[place + len(COMMENT) + 8 :]) == data


def first_segment(jpeg: bytes) -> int:
    """Return where the segment after a JPEG's start marker ends."""
    return 4 + int.from_bytes(jpeg[4:6], "big")
