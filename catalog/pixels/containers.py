"""What files say of their colours outside the places that Pillow reads."""

import struct
from collections.abc import Iterator
from typing import IO

from PIL import Image

from .colour import ADOBE_RGB, PRIMARIES, CodePoints, space_of

EXIF_INTEROPERABILITY = 0xA005
# The boxes between the top of an ISO base media file and its colour information.
PATH = (b"meta", b"iprp", b"ipco", b"colr")
# An item's metadata comes first; a hostile file may claim any length.
MAX_BOXES = 4096
MAX_META_BYTES = 4 * 1024**2
BMP_V5_HEADER = 124
# What PNG's encoders write for sRGB, and how far off it is still meant, as libpng has it.
SRGB_GAMMA, GAMMA_TOLERANCE = 1 / 2.2, 0.05


def png_code_points(file: IO[bytes]) -> CodePoints | None:
    """The cICP chunk of a PNG (third edition, 11.3.2.6), which has precedence over the others."""
    file.seek(8)
    for _number in range(MAX_BOXES):
        head = file.read(8)
        if len(head) < 8 or head[4:] in (b"IDAT", b"IEND"):
            return None
        if head[4:] == b"cICP":
            primaries, transfer = file.read(2)
            return CodePoints(primaries, transfer)
        file.seek(struct.unpack(">I", head[:4])[0] + 4, 1)
    return None


def png_space(image: Image.Image) -> bytes | None:
    """The colours of a PNG's gAMA and cHRM chunks; None where they mean sRGB, or nonsense."""
    if "srgb" in image.info:
        return None
    encoded = image.info.get("gamma") or SRGB_GAMMA
    gamma = None if abs(encoded / SRGB_GAMMA - 1) < GAMMA_TOLERANCE else 1 / encoded
    chromaticities = image.info.get("chromaticity")
    if gamma is None and chromaticities is None:
        return None
    if gamma is not None and not 0.1 < gamma < 10:
        return None
    try:
        return space_of(chromaticities or PRIMARIES[1], gamma)
    except (ValueError, ArithmeticError):  # primaries on a line, or at infinity
        return None


def media_code_points(file: IO[bytes]) -> CodePoints | None:
    """The first `nclx` colour information of a HEIC or AVIF file (ISO/IEC 14496-12, 12.1.5)."""
    file.seek(0)
    position = 0
    for _number in range(MAX_BOXES):
        head = file.read(16)
        if len(head) < 8:
            return None
        size, kind = struct.unpack_from(">I4s", head)
        if kind == b"meta":
            file.seek(position + 12)  # a full box: version and flags come first
            return find_colour(file.read(min(size, MAX_META_BYTES)), PATH[1:])
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
        if size < 8:
            return None
        position += size
        file.seek(position)
    return None


def find_colour(data: bytes, path: tuple[bytes, ...]) -> CodePoints | None:
    for kind, body in boxes(data):
        if kind != path[0]:
            continue
        if len(path) > 1:
            return find_colour(body, path[1:])
        if body[:4] == b"nclx" and len(body) >= 8:
            return CodePoints(*struct.unpack_from(">HH", body, 4))
    return None


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        if size < 8:
            return
        yield kind, data[position + 8 : position + size]
        position += size


def bmp_profile(file: IO[bytes]) -> bytes | None:
    """The profile embedded in a BMP with the header of version 5 (BITMAPV5HEADER)."""
    file.seek(14)
    header = file.read(BMP_V5_HEADER)
    if len(header) < BMP_V5_HEADER or struct.unpack_from("<I", header)[0] < BMP_V5_HEADER:
        return None
    kind, offset, size = header[56:60], *struct.unpack_from("<II", header, 112)
    if kind != b"DEBM" or size > MAX_META_BYTES:  # "MBED" as a little-endian number
        return None
    file.seek(14 + offset)
    return file.read(size)


def exif_profile(exif: dict | None) -> bytes | None:
    """Adobe RGB's profile, where the interoperability index "R03" of DCF 2.0 says that it is."""
    index = (exif or {}).get(1)
    if isinstance(index, bytes):
        index = index.decode("ascii", "replace")
    return space_of(ADOBE_RGB, 2.2) if str(index).strip("\0 ") == "R03" else None
