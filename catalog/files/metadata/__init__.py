"""Picture files without what they say beside the picture. Pure: no Django, no Pillow.

Nothing is decoded or encoded: segments and chunks that are needed to show the picture stay as they
are, byte for byte (with its colour profile, its animation and its density), and everything else is
left out: position, camera, names, comments, XMP, IPTC, maker's notes, embedded thumbnails, second
pictures, and what follows the picture's end. Of Exif, the orientation alone is written anew.
"""

from collections.abc import Callable
from typing import BinaryIO

from . import bmp, gif, jpeg, png, webp
from .parts import NotUnderstood, Parts, length, read

PLANS: dict[str, Callable[[BinaryIO], Parts]] = {
    "JPEG": jpeg.plan,
    "PNG": png.plan,
    "WEBP": webp.plan,
    "GIF": gif.plan,
    "BMP": bmp.plan,
}

__all__ = ["NotUnderstood", "can_filter", "length", "read", "without_metadata"]


def can_filter(format: str) -> bool:
    """Tell whether files of this format (by Pillow's name) can be freed of their metadata.

    In TIFF, HEIC and AVIF pictures and facts refer to each other by their places in the file.
    """
    return format in PLANS


def without_metadata(file: BinaryIO, format: str) -> Parts:
    """Return what of an open file is to be served; `length` and `read` do the rest.

    Reads headers, and of JPEG the whole file, a piece at a time. Raises `NotUnderstood` where the
    file is not built as its format says, or `can_filter` is False.
    """
    if not can_filter(format):
        raise NotUnderstood(f"{format} files cannot be filtered")
    return PLANS[format](file)
