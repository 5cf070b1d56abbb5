"""Decoded pictures of any mode to upright 8-bit RGB, in sRGB, transparency over white."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from PIL import Image, ImageCms

from .colour import to_srgb
from .faults import Fault, PictureError
from .levels import NotFinite, Samples, scale_for

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
# Rows that are converted at a time, so that a large picture is not there in several modes at once.
ROWS = 256


def upright(image: Image.Image, orientation: object) -> Image.Image:
    """Return the picture turned as its EXIF orientation says; the same object where it is upright.

    Pillow's own `exif_transpose` also writes the EXIF data anew, and fails on whole pictures with
    an odd tag that has nothing to do with orientation.
    """
    method = UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return 8-bit sRGB pixels, which may be the same object; the picture's `info` is emptied."""
    if image.mode == "RGB" and "transparency" not in image.info:
        converted = to_srgb(image, profile)
    elif image.mode in ("I", "F") or image.mode.startswith("I;16"):
        converted = deep_to_rgb(image, profile)
    elif image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    elif image.has_transparency_data:
        converted = over_white(image, profile)
    else:
        converted = flat_to_rgb(image, profile)
    converted.info.clear()
    return converted


def flat_to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Any mode without transparency: by its own profile, else by the one that it has as RGB."""
    converted = to_srgb(image, profile) if image.mode in ("L", "CMYK") else image
    return converted if converted is not image else to_srgb(image.convert("RGB"), profile)


def over_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Lay a picture with transparency over white, a few rows at a time."""
    result = Image.new("RGB", image.size)
    for top in range(0, image.height, ROWS):
        rows = image.crop((0, top, image.width, min(top + ROWS, image.height)))
        rgba = rows.convert("RGBA")
        if profile:
            colours = flat_to_rgb(rows.convert("L") if is_grey(rows) else rgba, profile)
            colours = colours.convert("RGB")
            colours.putalpha(rgba.getchannel("A"))
            rgba = colours
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        result.paste(Image.alpha_composite(white, rgba).convert("RGB"), (0, top))
    return result


def is_grey(image: Image.Image) -> bool:
    return image.mode in ("L", "LA", "La")


def deep_to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Greyscale of 16 bits, 32 bits or floats, by the rules of `levels`.

    The level that a PNG declares transparent becomes white.
    """
    samples = np.asarray(image)
    clear = image.info.get("transparency")

    def rows() -> list[Samples]:
        return [samples]

    try:
        scale = scale_for(
            samples.dtype, 8 * samples.itemsize, colour=False, declared=None, parts=rows
        )
        levels = np.empty(samples.shape, dtype=np.uint8)
        for top in range(0, len(samples), ROWS):
            part = samples[top : top + ROWS]
            levels[top : top + ROWS] = scale(part)
            if clear is not None:
                levels[top : top + ROWS][part == clear] = 255
    except NotFinite:
        message = _("The picture has NaN or infinite pixel values.")
        raise PictureError(Fault.NOT_FINITE, message) from None
    return flat_to_rgb(Image.fromarray(levels), profile)
