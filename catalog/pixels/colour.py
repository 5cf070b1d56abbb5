"""To sRGB, where a picture says that its numbers mean other colours.

What says so: an ICC profile, a PNG's gAMA, cHRM and cICP chunks, the `nclx` of HEIC and AVIF, and
the EXIF mark that cameras set on Adobe RGB pictures. The conversion is LittleCMS's (relative
colorimetric with black point compensation, 8 bits). A profile that is sRGB in all but name, and a
picture that says nothing, keep their numbers.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, cast

import numpy as np
from django.utils.translation import gettext as _
from PIL import Image, ImageCms

from .faults import unsupported

# How far, in levels of 255, a profile may be from sRGB anywhere and still be taken for it: between
# published variants of sRGB it is up to 3 in the darkest tones, to Display P3 it is over 50.
SAME_COLOURS = 3
INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION

Chromaticities = tuple[float, float, float, float, float, float, float, float]

# White, red, green, blue as x, y (ITU-T H.273, table 2), by code point.
D65 = (0.3127, 0.3290)
PRIMARIES: dict[int, Chromaticities] = {
    1: (*D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060),
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
ADOBE_RGB: Chromaticities = (*D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
# Transfer characteristics of H.273, table 3. Pictures marked with a video curve are shown with
# sRGB's by everybody; the two of high dynamic range have no one meaning on 8 bits.
SRGB_CURVES = frozenset({0, 1, 2, 6, 13, 14, 15})
GAMMA_CURVES = {4: 2.2, 5: 2.8, 8: 1.0}
HIGH_DYNAMIC_RANGE = frozenset({16, 18})


@dataclass(frozen=True, slots=True)
class CodePoints:
    """Colour primaries and transfer characteristics by their numbers in H.273."""

    primaries: int
    transfer: int


def space_of(chromaticities: Chromaticities, gamma: float | None) -> bytes:
    """Return an ICC profile for RGB with these primaries and this gamma (None: sRGB's curve).

    A version 2 profile of three colorants and their curves (ICC.1:2001-04); white is adapted to
    the profile's D50 by the Bradford transform. Raises `ValueError` for primaries on one line.
    """
    white, *primaries = [
        np.array([x / y, 1.0, (1 - x - y) / y])
        for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True)
    ]
    colorants = np.array(primaries).T
    if abs(np.linalg.det(colorants)) < 1e-6:
        raise ValueError("the primaries have no area")
    adapted = to_d50(white) @ (colorants * np.linalg.solve(colorants, white))
    curve = struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256)) if gamma else srgb_curve()
    tags = {
        b"desc": struct.pack(">4s4xI", b"desc", 1) + b"\0" * 79,
        b"cprt": b"text" + b"\0" * 8,
        b"wtpt": xyz(np.array([0.9642, 1.0, 0.8249])),
        **{name: xyz(adapted[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return assembled(tags)


def to_d50(white: np.ndarray) -> np.ndarray:
    """The Bradford matrix (3, 3) from `white` (3,) XYZ to D50."""
    bradford = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    ratio = (bradford @ np.array([0.9642, 1.0, 0.8249])) / (bradford @ white)
    return np.linalg.inv(bradford) @ np.diag(ratio) @ bradford


def srgb_curve() -> bytes:
    levels = np.linspace(0, 1, 1024)
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return struct.pack(">4s4xI", b"curv", 1024) + np.rint(linear * 65535).astype(">u2").tobytes()


def xyz(values: np.ndarray) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(value * 65536) for value in values))


def assembled(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    size = start + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x02200000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    illuminant = struct.pack(">3i", 63190, 65536, 54061)
    return (header.ljust(68, b"\0") + illuminant).ljust(128, b"\0") + table + body


@lru_cache(maxsize=16)
def transform(profile: bytes, mode: str) -> Any:
    """The conversion of pictures in `mode` from `profile` to sRGB; None where there is none to do.

    None is for a profile that cannot be read or is for another kind of colours (viewers ignore
    those too), and for one that gives every colour the numbers it has already.
    """
    try:
        found = ImageCms.ImageCmsProfile(BytesIO(profile))
        if found.profile.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
            return None
        target = ImageCms.createProfile("sRGB")
        made = ImageCms.buildTransform(found, target, mode, "RGB", INTENT, FLAGS)
        samples = samples_of(mode)
        seen = None if samples is None else ImageCms.applyTransform(samples, made)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if samples is None or seen is None:
        return made
    change = np.asarray(seen, dtype=int) - np.asarray(samples.convert("RGB"), dtype=int)
    return None if np.abs(change).max() <= SAME_COLOURS else made


def samples_of(mode: str) -> Image.Image | None:
    """A picture of colours from the whole of RGB or of grey; None for other modes."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    if mode != "RGB":
        return None
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return Image.fromarray(grid.reshape(27, 27, 3))


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert a picture of mode L, RGB or CMYK by its profile; the same object where none does."""
    made = transform(profile, image.mode) if profile else None
    if made is None:
        return image
    # In place where the numbers fit: a large picture need not be there twice.
    if image.mode == "RGB":
        ImageCms.applyTransform(image, made, inPlace=True)
        return image
    return cast(Image.Image, ImageCms.applyTransform(image, made))


def from_code_points(points: CodePoints, format: str) -> bytes | None:
    """Return a profile for code points of H.273; None where they mean sRGB or nothing.

    Raises `PictureError` for the transfer characteristics of high dynamic range.
    """
    if points.transfer in HIGH_DYNAMIC_RANGE:
        raise unsupported(format, _("its colours are of high dynamic range (PQ or HLG)"))
    primaries = PRIMARIES.get(points.primaries, PRIMARIES[1])
    gamma = GAMMA_CURVES.get(points.transfer)
    # Rec. 709 and its forerunners for standard television: shown as sRGB by everybody.
    if gamma is None and points.primaries not in (4, 9, 11, 12):
        return None
    return space_of(primaries, gamma)
