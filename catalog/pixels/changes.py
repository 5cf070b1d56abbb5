"""Which pictures have other pixels since release 0.1.0, told by their headers.

That release read neither profiles nor gamma, took a BMP's alpha of zeros at its word, and left
every TIFF to Pillow's guess. What this module names has other vectors now than then.
"""

from typing import IO

from PIL import Image

from .colour import transform
from .decoding import DAMAGE, faults_of, is_blank, profile_of
from .faults import PictureError
from .headers import recognised
from .limits import Limits
from .tiff import opened_page
from .tiff.tags import ICC_PROFILE, bytes_per_pixel, tag

# Counts the readings: 1 was release 0.1.0's. One more whenever any picture gets other pixels.
READING = 2


def is_read_otherwise(file: IO[bytes], limits: Limits) -> bool:
    """Tell whether a stored picture's pixels differ from what reading 1 gave, or may.

    True as well for a file that is refused now: what was made of it then is not to be trusted.
    """
    try:
        format = recognised(file)
        with faults_of(format):
            return tiff_differs(file, limits) if format == "TIFF" else differs(file, format)
    except PictureError:
        return True


def differs(file: IO[bytes], format: str) -> bool:
    file.seek(0)
    with Image.open(file, formats=(format,)) as image:
        profile = profile_of(image, format, file, exif_of(image))
        if format == "BMP":
            return bool(profile) or is_blank(image)
        return profile is not None and is_converted(image.mode, profile)


def exif_of(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except DAMAGE:
        return Image.Exif()


def is_converted(mode: str, profile: bytes) -> bool:
    """Tell whether a picture of this Pillow mode is converted by the profile."""
    own = {"L": "L", "LA": "L", "CMYK": "CMYK"}.get(mode, "RGB")
    return any(transform(profile, each) is not None for each in {own, "RGB"})


def tiff_differs(file: IO[bytes], limits: Limits) -> bool:
    """Deep samples may differ; bytes differ only by a profile."""
    with opened_page(file, limits) as page:
        profile = tag(page, ICC_PROFILE)
        if bytes_per_pixel(page) != page.samplesperpixel or page.dtype.kind not in "bu":  # type: ignore[union-attr]
            return True
        return bool(profile) and any(transform(profile, mode) for mode in ("L", "RGB", "CMYK"))
