"""What the first bytes of a file say: which decoder may see it, and how large a canvas it wants."""

import struct
from typing import IO

from django.utils.translation import gettext as _

from .faults import Fault, PictureError, damaged

# Only these decoders ever see foreign bytes; Pillow knows some that call other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
NAMES = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF"
SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    # Both byte orders of TIFF, and of BigTIFF.
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
# Fujifilm, Olympus, Panasonic, Sigma, Minolta; Canon's newer ones are a brand of media file.
RAW_SIGNATURES = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
RAW_BRAND = b"crx "
# Canon's older ones are TIFFs with a mark before the first page.
CR2_MARK, CR2_PLACE = b"CR", slice(8, 10)
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
HEAD_BYTES = 128


def recognised(file: IO[bytes]) -> str:
    """Return which of `FORMATS` a seekable file begins as.

    Raises `PictureError` for camera raw files, and for what is no picture that is read.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if head.startswith(RAW_SIGNATURES) or head[4:12] == b"ftyp" + RAW_BRAND:
        raise camera_raw()
    for signature, format in SIGNATURES:
        if head.startswith(signature):
            if format == "TIFF" and head[CR2_PLACE] == CR2_MARK:
                raise camera_raw()
            return format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        (size,) = struct.unpack_from(">I", head)
        brands = {head[at : at + 4] for at in (8, *range(16, min(size, HEAD_BYTES), 4))}
        if brands & AVIF_BRANDS:
            return "AVIF"
        if brands & HEIF_BRANDS:
            return "HEIF"
    raise PictureError(
        Fault.UNSUPPORTED,
        _("This is not a picture in a supported format (%(formats)s).") % {"formats": NAMES},
    )


def camera_raw() -> PictureError:
    return PictureError(
        Fault.UNSUPPORTED,
        _(
            "This is a camera's raw file, which is not read: it holds the sensor's own samples "
            "and a thumbnail. Export it as JPEG or TIFF."
        ),
    )


def webp_canvas(file: IO[bytes]) -> tuple[int, int]:
    """Return the width and height that a WebP file wants (RFC 9649).

    Asked before Pillow sees the file, because its decoder takes the memory when it opens it.
    Raises `PictureError` where the header is none of the three that there are.
    """
    file.seek(12)
    head = file.read(18)
    kind, body = head[:4], head[8:]
    if len(body) < 10:
        raise damaged("WebP")
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
    elif kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
    else:
        raise damaged("WebP")
    return width, height
