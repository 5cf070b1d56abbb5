"""PNG: chunks with a length, a type and a checksum. Pure."""

import struct
import zlib
from typing import BinaryIO

from . import exif
from .parts import NotUnderstood, Parts, bytes_at, counted

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
# Transparency, colours, size on paper, animation.
KEPT = NEEDED | {
    *(b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD"),
    *(b"pHYs", b"acTL", b"fcTL", b"fdAT"),
}
XMP = b"XML:com.adobe.xmp\x00"
LARGEST_TEXT = 1 << 20


def plan(file: BinaryIO) -> Parts:
    """Keep chunks of `KEPT`, up to the end of the picture."""
    if bytes_at(file, 0, len(SIGNATURE)) != SIGNATURE:
        raise NotUnderstood("it does not begin as a PNG")
    parts, position, turned, in_xmp = Parts(), len(SIGNATURE), exif.UPRIGHT, exif.UPRIGHT
    parts.keep(0, position)
    after_header = 0
    for _step in counted():
        size, kind = struct.unpack(">I4s", bytes_at(file, position, 8))
        data, stop = position + 8, position + 12 + size
        if kind in KEPT:
            bytes_at(file, stop - 1, 1)
            parts.keep(position, stop)
        elif not kind[0] & 0x20:
            raise NotUnderstood("it has a part that is needed and not known")
        elif kind == b"eXIf" and size < LARGEST_TEXT:
            turned = exif.orientation(bytes_at(file, data, size))
        elif kind == b"iTXt" and size < LARGEST_TEXT:
            text = bytes_at(file, data, size)
            in_xmp = exif.orientation_in_xmp(text) if text.startswith(XMP) else in_xmp
        position = stop
        if kind == b"IHDR":
            after_header = stop
        if kind == b"IEND":
            break
    insert_orientation(parts, after_header, turned if turned != exif.UPRIGHT else in_xmp)
    return parts


def insert_orientation(parts: Parts, after_header: int, value: int) -> None:
    if value == exif.UPRIGHT:
        return
    payload = b"eXIf" + exif.block(value)
    chunk = struct.pack(">I", len(payload) - 4) + payload + struct.pack(">I", zlib.crc32(payload))
    first = parts.items[0]
    if not isinstance(first, tuple) or not first[0] < after_header <= first[1]:
        raise NotUnderstood("its header is not where it should be")
    parts.items[:1] = [(first[0], after_header), chunk, (after_header, first[1])]
