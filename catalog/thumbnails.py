"""Small renditions of pictures, through easy-thumbnails and so through any storage."""

from io import BytesIO
from typing import Any

from django.core.files.base import File
from easy_thumbnails.files import get_thumbnailer
from PIL import Image as PillowImage

from .models import Image
from .pictures import decode

# Boxes that renditions fit into, in pixels, by the name they have in addresses.
SIZES = {"small": (96, 96), "grid": (320, 320), "large": (1600, 1600)}


def open_thumbnail(image: Image, size: str) -> File:
    """Return the open rendition (JPEG) of `image` in one of `SIZES`, making it if need be.

    Raises `OSError` where the picture's file is missing, `PictureError` where it is damaged.
    """
    thumbnailer = get_thumbnailer(image.file)
    return thumbnailer.get_thumbnail({"size": SIZES[size]}).open("rb")


def decoded_source(source: Any, **_options: Any) -> PillowImage.Image | None:
    """easy-thumbnails source generator: the same upright RGB pixels that descriptors see."""
    return decode(BytesIO(source.read())).pixels if source else None
