"""Small renditions of pictures, through easy-thumbnails and so through any storage."""

from io import BytesIO
from typing import Any

from PIL import Image

from .pictures import decode


def decoded_source(source: Any, **_options: Any) -> Image.Image | None:
    """easy-thumbnails source generator: the same upright RGB pixels that descriptors see."""
    return decode(BytesIO(source.read())).pixels if source else None
