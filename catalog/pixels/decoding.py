"""From bytes of any supported picture format to upright 8-bit RGB pixels. Reads no database.

The order is part of what a descriptor's vector is: decode, sRGB (alpha over white, deeper samples
to 8 bits), EXIF orientation, and then, where a box is given, the crop.
"""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import pillow_heif
from django.utils.translation import gettext as _
from PIL import ExifTags, Image

from ..timing import timed
from . import jpeg, memory, png
from .colour import from_code_points
from .containers import (
    EXIF_INTEROPERABILITY,
    bmp_profile,
    exif_profile,
    media_code_points,
    png_code_points,
    png_space,
)
from .faults import Fault, PictureError, damaged
from .headers import recognised, webp_canvas
from .lanes import HEAVY, Busy, lane_for
from .limits import MAX_SCANS, Limits, for_collections
from .rgb import to_rgb, upright
from .tiff import read_tiff, tiff_cost

# Bytes that decoding takes at its peak for each pixel, measured (`benchmarks/decoding.py`), with a
# third as much again where a turned copy comes to it, and more for those that are slow.
COSTS = {"JPEG": 8, "PNG": 16, "WEBP": 17, "GIF": 9, "BMP": 9, "HEIF": 16, "AVIF": 16}
# The coefficients of a JPEG of several scans are kept, 2 bytes a sample; each scan takes time.
COEFFICIENTS_COST, SCAN_COST = 6, 1.5
# What Pillow's decoders and metadata readers raise on damaged files, by experience.
DAMAGE = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error,
    ZeroDivisionError, AttributeError, OverflowError, RuntimeError,
)  # fmt: skip
SHOWN = {"WEBP": "WebP", "HEIF": "HEIC"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: upright RGB `pixels`, and the `format` it was stored in."""

    pixels: Image.Image
    format: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file's headers tell: `cost` as `lane_for` takes it, and a JPEG's segments."""

    cost: int
    structure: jpeg.Structure | None = None


def prepare_decoders() -> None:
    """Set up the libraries for hostile files; called once, when Django starts.

    Pillow's one limit for all is replaced by the callers' limits, which `inspect` checks by the
    headers. Its remarks on odd metadata are silenced: they would tear a command's progress bar.
    """
    Image.MAX_IMAGE_PIXELS = None
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    pillow_heif.register_heif_opener(
        decode_threads=2, thumbnails=False, depth_images=False, aux_images=False
    )
    memory.map_large_blocks()


def decode(file: IO[bytes], limits: Limits | None = None, *, proven: bool = False) -> Picture:
    """Decode a whole picture from a seekable binary file; as `opened`, for one who is quick.

    The picture may be kept; the place for decoding is free as soon as this returns.
    """
    with opened(file, limits, proven=proven) as picture:
        return picture


@contextmanager
def opened(
    file: IO[bytes], limits: Limits | None = None, *, proven: bool = False
) -> Iterator[Picture]:
    """Decode a whole picture, and hold a place for decoding while its pixels are worked with.

    `limits` are those for collections where none are given. `proven` leaves out the proof that
    files are whole, for those that had it when they came in. Raises `PictureError` for bytes that
    are not a picture of a supported format, for what has no sure meaning in sRGB, for truncated
    and corrupt files, for what costs more than `limits`, and where no place becomes free in time.
    """
    limits = limits or for_collections()
    format = recognised(file)
    with faults_of(format):
        inspection = inspect(file, format, limits)
    lane = lane_for(inspection.cost)
    try:
        with lane.place(for_ever=limits.waits):
            with faults_of(format):
                if not proven:
                    prove(file, format, inspection)
                pixels = read(file, format, limits, proven=proven)
            yield Picture(pixels, format)
    except Busy:
        message = _("Too many large pictures are being decoded. Try again in a moment.")
        raise PictureError(Fault.BUSY, message) from None
    finally:
        if lane is HEAVY:
            memory.trim()


@contextmanager
def faults_of(format: str) -> Iterator[None]:
    """Tell what a decoder for `format` raises as a `PictureError`, in the user's language."""
    try:
        yield
    except PictureError:
        raise
    except MemoryError as error:
        message = _("The picture takes more memory than there is.")
        raise PictureError(Fault.TOO_COSTLY, message) from error
    except DAMAGE as error:
        raise damaged(SHOWN.get(format, format)) from error


def inspect(file: IO[bytes], format: str, limits: Limits) -> Inspection:
    """Read the headers; raises `PictureError` where they promise more than `limits` allow."""
    if format == "JPEG":
        file.seek(0)
        found = jpeg.structure(file.read(), max_scans=MAX_SCANS)
        pixels = found.width * found.height
        limits.check(found.width, found.height)
        limits.check_scans(found.scans, pixels)
        cost: float = COSTS[format]
        if found.scans > 1:
            cost += COEFFICIENTS_COST + SCAN_COST * found.scans
        return Inspection(round(pixels * cost), found)
    if format == "TIFF":
        return Inspection(tiff_cost(file, limits))
    if format == "WEBP":
        width, height = webp_canvas(file)
    else:
        file.seek(0)
        with Image.open(file, formats=(format,)) as image:
            width, height = image.size
    limits.check(width, height)
    return Inspection(width * height * COSTS[format])


def prove(file: IO[bytes], format: str, inspection: Inspection) -> None:
    """Raise `PictureError` where the decoder would make up pixels, and say nothing.

    A TIFF's reader proves as it reads; the decoders of the other formats refuse what is cut.
    """
    if inspection.structure:
        jpeg.check_whole(inspection.structure)
    elif format == "PNG":
        png.check_whole(file)


@timed("decode")
def read(file: IO[bytes], format: str, limits: Limits, *, proven: bool) -> Image.Image:
    """Return the upright RGB pixels; raises as the decoders do."""
    file.seek(0)
    if format == "TIFF":
        found = read_tiff(file, limits, proven=proven)
        return upright(to_rgb(found.image, found.profile), found.orientation)
    with Image.open(file, formats=(format,)) as image:
        limits.check(image.width, image.height)
        image.load()
        exif = image.getexif()
        orientation = exif.get(ExifTags.Base.Orientation)
        profile = profile_of(image, format, file, exif)
        if format == "BMP" and is_blank(image):
            return upright(to_rgb(image.convert("RGB"), profile), orientation)
        return upright(to_rgb(image, profile), orientation)


def is_blank(image: Image.Image) -> bool:
    """Tell whether alpha is zero everywhere: in a BMP, bytes that its writer never thought of."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0)


def profile_of(image: Image.Image, format: str, file: IO[bytes], exif: Image.Exif) -> bytes | None:
    """Return the ICC profile that says which colours the picture's numbers are, if anything does.

    Where a file says it twice, its format's standard says what goes first.
    """
    embedded = image.info.get("icc_profile")
    if format == "PNG":
        points = png_code_points(file)
        if points:
            return from_code_points(points, format)
        return embedded or png_space(image)
    if format in ("HEIF", "AVIF") and not embedded:
        points = media_code_points(file)
        return from_code_points(points, SHOWN.get(format, format)) if points else None
    if format == "BMP":
        return bmp_profile(file)
    return embedded or exif_profile(exif.get_ifd(EXIF_INTEROPERABILITY))
