"""Small renditions of pictures, through easy-thumbnails and so through any storage."""

from io import BytesIO
from typing import Any

from django.core.files.base import File
from easy_thumbnails.exceptions import EasyThumbnailsError
from easy_thumbnails.files import get_thumbnailer
from PIL import Image as PillowImage

from .models import Image
from .pixels import PictureError, decode

# Boxes that renditions fit into, in pixels, by the name they have in addresses.
SIZES = {"small": (96, 96), "grid": (320, 320), "large": (1600, 1600)}


def open_thumbnail(image: Image, size: str) -> File:
    """Return the open rendition (JPEG) of `image` in one of `SIZES`, making it if need be.

    Raises `OSError` where the picture's file is missing or damaged.
    """
    try:
        rendition = get_thumbnailer(image.file).get_thumbnail({"size": SIZES[size]})
    except (PictureError, EasyThumbnailsError) as error:
        raise OSError(str(error)) from error
    # Not rendition.open(): it returns None for a rendition that was there already.
    return rendition.storage.open(rendition.name, "rb")


def decoded_source(source: Any, **_options: Any) -> PillowImage.Image | None:
    """easy-thumbnails source generator: the same upright RGB pixels that descriptors see."""
    return decode(BytesIO(source.read())).pixels if source else None
