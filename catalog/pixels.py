"""From bytes of any supported picture format to upright 8-bit RGB pixels. Reads no database.

The order is part of what a descriptor's vector is: decode, EXIF orientation, RGB (alpha over white,
16-bit scaled to 8), and then, where a box is given, the crop.
"""

import struct
import warnings
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any, cast

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

# Only these decoders ever see foreign bytes; Pillow knows some that call other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")

# What undoes each EXIF orientation; 1 is upright already.
UPRIGHT: dict[Any, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Box = tuple[float, float, float, float]


class Fault(StrEnum):
    """Why a picture cannot be used."""

    UNSUPPORTED = "unsupported"
    DAMAGED = "damaged"
    TOO_LARGE = "too-large"
    NOT_FINITE = "not-finite"
    OUTSIDE = "outside"
    TOO_SMALL = "too-small"
    UNIFORM = "uniform"
    NO_FEATURES = "no-features"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class PictureError(ValueError):
    """A picture cannot be used: `fault` says why, the message says it in the user's language."""

    def __init__(self, fault: Fault, message: str) -> None:
        self.fault = fault
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: upright RGB `pixels`, and the `format` it was stored in."""

    pixels: Image.Image
    format: str


def limit_pixels() -> None:
    """Let Pillow itself refuse pictures far above `SIS_MAX_PIXELS` while it reads a header.

    Its warning between one and two times the limit is silenced, because `decode` refuses those
    too; so are its remarks on odd metadata, which would tear a command's progress bar.
    """
    Image.MAX_IMAGE_PIXELS = settings.SIS_MAX_PIXELS
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")


def decode(file: IO[bytes]) -> Picture:
    """Decode a whole picture from a seekable binary file.

    Raises `PictureError` for bytes that are not a picture of a supported format, for a truncated or
    corrupt one, and for one with more than `SIS_MAX_PIXELS` pixels, which is refused by its
    header, before its pixels are unpacked.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            check_pixels(image.width, image.height)
            image.load()
            # Phones append a second picture to a JPEG; Pillow then calls the format MPO.
            picture_format = "JPEG" if image.format == "MPO" else str(image.format)
            return Picture(to_rgb(upright(image)), picture_format)
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(
            Fault.UNSUPPORTED,
            _("This is not a picture in a supported format (JPEG, PNG, WebP, GIF, BMP, TIFF)."),
        ) from None
    except Image.DecompressionBombError:
        raise PictureError(Fault.TOO_LARGE, too_many_pixels()) from None
    # What Pillow's decoders and metadata readers raise on damaged files, by experience.
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        struct.error,
        ZeroDivisionError,
        AttributeError,
        OverflowError,
    ) as error:
        raise PictureError(
            Fault.DAMAGED, _("The picture is damaged or incomplete (%(error)s).") % {"error": error}
        ) from error


def upright(image: Image.Image) -> Image.Image:
    """Return a copy turned as its EXIF orientation says, and without the EXIF and XMP data.

    Pillow's own `exif_transpose` also writes the EXIF data anew, and fails on whole pictures with
    an odd tag that has nothing to do with orientation.
    """
    method = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation))
    turned = image.copy() if method is None else image.transpose(method)
    for key in ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"):
        turned.info.pop(key, None)
    return turned


def check_pixels(width: int, height: int) -> None:
    """Raise `PictureError` where a picture of this size is over `SIS_MAX_PIXELS`."""
    if width * height > settings.SIS_MAX_PIXELS:
        raise PictureError(Fault.TOO_LARGE, too_many_pixels(width, height))


def too_many_pixels(width: int = 0, height: int = 0) -> str:
    limit = settings.SIS_MAX_PIXELS / 1e6
    if width:
        return _(
            "The picture is too large: %(width)d × %(height)d pixels; "
            "at most %(limit)g million are allowed."
        ) % {
            "width": width,
            "height": height,
            "limit": limit,
        }
    return _("The picture is too large: at most %(limit)g million pixels are allowed.") % {
        "limit": limit
    }


def to_rgb(image: Image.Image) -> Image.Image:
    """Return an 8-bit RGB copy: transparency over white, deeper samples scaled to 8 bits."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return deep_to_8bit(image).convert("RGB")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        return converted if converted is not None else image
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def deep_to_8bit(image: Image.Image) -> Image.Image:
    """Scale a greyscale picture of 16 bits, 32 bits or floats to mode L.

    16-bit samples map 65535 to 255. Floats in [0, 1] map 1 to 255. Whatever lies outside both
    has no known white, so its own extremes become black and white. The level that a PNG declares
    transparent becomes white.
    """
    samples = np.asarray(image, dtype=np.float64)
    if not np.isfinite(samples).all():
        raise PictureError(Fault.NOT_FINITE, _("The picture has NaN or infinite pixel values."))
    clear = samples == image.info.get("transparency", np.nan)
    low, high = float(samples.min()), float(samples.max())
    if image.mode == "F" and low >= 0 and high <= 1:
        samples = samples * 255
    elif low >= 0 and high <= 65535 and image.mode != "F":
        samples = samples / 257
    else:
        samples = (samples - low) * (255 / (high - low or 1))
    samples[clear] = 255
    return Image.fromarray(np.rint(samples).astype(np.uint8))


def crop(pixels: Image.Image, box: Box) -> Image.Image:
    """Cut a box (x1, y1, x2, y2) in pixels, zero-based, out of an upright picture.

    Fractions are rounded to whole pixels as Pillow does; the part outside the picture is cut off.
    Raises `PictureError` where nothing is left.
    """
    x1, y1, x2, y2 = box
    width, height = pixels.size
    if not all(np.isfinite(box)):
        raise PictureError(Fault.OUTSIDE, _("The box must be four numbers."))
    whole = (max(0, round(x1)), max(0, round(y1)), min(width, round(x2)), min(height, round(y2)))
    if whole[2] <= whole[0] or whole[3] <= whole[1]:
        raise PictureError(
            Fault.OUTSIDE,
            _("The box %(box)s leaves nothing of a picture of %(width)d × %(height)d pixels.")
            % {"box": ",".join(f"{side:g}" for side in box), "width": width, "height": height},
        )
    return pixels.crop(whole)


def is_uniform(pixels: Image.Image) -> bool:
    """Tell whether an RGB picture shows nothing: every band spans at most 2 of 255 levels."""
    middle = pixels.height // 2
    row = pixels.crop((0, middle, pixels.width, middle + 1))
    # Nearly every picture shows something in a single row of it: the rest need not be read.
    return spans_little(row) and spans_little(pixels)


def spans_little(pixels: Image.Image) -> bool:
    extrema = cast(tuple[tuple[int, int], ...], pixels.getextrema())
    return all(high - low <= 2 for low, high in extrema)
