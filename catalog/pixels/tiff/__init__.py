"""TIFF to 8-bit samples: tags by tifffile, codecs by zlib, libtiff and libjpeg-turbo.

TIFF 6.0 allows what other formats never see: samples of any depth and kind, white as zero, bands
in planes, pyramids, and cameras' own picture inside. Pillow's reader guesses where it does not
know and libtiff completes what is cut, so the pages' structure is read here, segment by segment
and strictly: a segment that is short, missing or does not decode is an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import tifffile
from django.utils.translation import gettext as _
from PIL import Image

from ..faults import Fault, PictureError, damaged
from ..levels import NotFinite
from ..limits import Limits
from .libtiff import strict
from .pages import check_jpegs, check_readable, picture_page
from .samples import read_page
from .tags import ICC_PROFILE, JPEG, ORIENTATION, PICTURE_CODECS, YCBCR, bytes_per_pixel, tag

UPRIGHT = 1
# Bytes a pixel at the peak: of what is kept, and of a segment while it is scaled.
OWN_BYTES, SCALING_BYTES = 12, 16


@dataclass(frozen=True, slots=True)
class TiffPicture:
    """Samples of 8 bits as a Pillow image (mode L, LA, RGB, RGBA, CMYK or LAB), not turned yet.

    `orientation` is the tag's value, 1 to 8; `profile` the embedded ICC profile.
    """

    image: Image.Image
    orientation: int
    profile: bytes | None


def read_tiff(file: IO[bytes], limits: Limits, *, proven: bool) -> TiffPicture:
    """Read the first page that is a picture of its own.

    `proven` leaves out the proof that JPEGs in it are whole. Raises `PictureError` for camera raw
    files, for what has no meaning in sRGB, for pages over the limits, and for damaged files.
    """
    with opened_page(file, limits) as page:
        profile = tag(page, ICC_PROFILE)
        if page.compression == JPEG and not proven:
            check_jpegs(page)
        if page.photometric == YCBCR or page.compression in PICTURE_CODECS:
            return TiffPicture(by_pillow(file, page), UPRIGHT, profile)
        return TiffPicture(read_page(page), orientation_of(page), profile)


def tiff_cost(file: IO[bytes], limits: Limits) -> int:
    """Return what `read_tiff` costs as `lane_for` takes it, by the headers; raises as it does."""
    with opened_page(file, limits) as page:
        pixels = page.imagewidth * page.imagelength
        strip = page.rowsperstrip * page.imagewidth
        segment = page.tilelength * page.tilewidth if page.is_tiled else strip
        # Levels, the picture and its turned copy; a segment's samples, raw and scaled; and all
        # samples once more, for the time that they take.
        depth = bytes_per_pixel(page)
        return pixels * (OWN_BYTES + depth) + min(segment, pixels) * (depth + SCALING_BYTES)


@contextmanager
def opened_page(file: IO[bytes], limits: Limits) -> Iterator[tifffile.TiffPage]:
    """Find the page to read, checked against the limits; raises as `read_tiff`."""
    file.seek(0)
    try:
        with tifffile.TiffFile(file, _multifile=False) as tiff:
            page = picture_page(tiff)
            limits.check(page.imagewidth, page.imagelength)
            limits.check_bytes(page.imagewidth * page.imagelength * bytes_per_pixel(page))
            check_readable(page)
            yield page
    except (PictureError, MemoryError):
        raise
    except NotFinite:
        message = _("The picture has NaN or infinite pixel values.")
        raise PictureError(Fault.NOT_FINITE, message) from None
    # tifffile raises whatever its parsing of a damaged file runs into.
    except Exception as error:
        raise damaged("TIFF") from error


def orientation_of(page: tifffile.TiffPage) -> int:
    value = tag(page, ORIENTATION)
    return int(value) if isinstance(value, int) else UPRIGHT


def by_pillow(file: IO[bytes], page: tifffile.TiffPage) -> Image.Image:
    """A page of 8 bits whose codec makes pictures, not bytes: JPEG, fax, and subsampled YCbCr.

    Pillow turns a TIFF upright by itself.
    """
    file.seek(0)
    with strict(), Image.open(file, formats=("TIFF",)) as image:
        image.seek(page.index)
        image.load()
        return image
