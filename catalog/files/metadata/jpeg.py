"""JPEG: segments between markers, and compressed data up to the next marker. Pure."""

import re
import struct
from typing import BinaryIO

from . import exif
from .parts import PIECE, NotUnderstood, Parts, bytes_at, counted

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
MOST_FILLING = 1000
ALONE = {0x01, *range(0xD0, 0xD8)}  # no length follows
TABLES = {*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD, 0xDE, 0xDF}
JFIF, ICC, ADOBE, XMP = (
    b"JFIF\x00",
    b"ICC_PROFILE\x00",
    b"Adobe",
    b"http://ns.adobe.com/xap/1.0/\x00",
)
# What compressed data has after FF: a stuffed 00, a restart, or the FF of a marker.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def plan(file: BinaryIO) -> Parts:
    """Keep what decoding needs, JFIF's density and the colour profile; up to the first end."""
    if bytes_at(file, 0, 2) != bytes((0xFF, SOI)):
        raise NotUnderstood("it does not begin as a JPEG")
    parts, position, turned, in_xmp = Parts(), 2, exif.UPRIGHT, exif.UPRIGHT
    parts.add(bytes((0xFF, SOI)))
    for _step in counted():
        marker, position = marker_at(file, position)
        if marker == EOI:
            parts.add(bytes((0xFF, EOI)))
            break
        if marker in ALONE:
            continue
        (size,) = struct.unpack(">H", bytes_at(file, position, 2))
        stop = position + max(2, size)
        if marker == 0xE1:
            payload = bytes_at(file, position + 2, stop - position - 2)
            if payload.startswith(exif.PREFIX) and turned == exif.UPRIGHT:
                turned = exif.orientation(payload)
            elif payload.startswith(XMP):
                in_xmp = exif.orientation_in_xmp(payload)
        else:
            keep(file, parts, marker, position, stop)
        position = stop
        if marker == SOS:
            position = end_of_data(file, stop)
            parts.keep(stop, position)
    insert_orientation(parts, turned if turned != exif.UPRIGHT else in_xmp)
    return parts


def marker_at(file: BinaryIO, position: int) -> tuple[int, int]:
    """Return the marker here, and where what follows it starts; FF may stand before it at will."""
    if bytes_at(file, position, 1) != b"\xff":
        raise NotUnderstood("there is something between its segments")
    for place in range(position + 1, position + MOST_FILLING):
        marker = bytes_at(file, place, 1)[0]
        if marker != 0xFF:
            return marker, place + 1
    raise NotUnderstood("there is too much between its segments")


def keep(file: BinaryIO, parts: Parts, marker: int, position: int, stop: int) -> None:
    """Keep a segment as it is, JFIF's without its thumbnail; leave out what is not needed."""
    if marker in TABLES or marker == SOS:
        parts.add(bytes((0xFF, marker)))
        parts.keep(position, stop)
        return
    payload = bytes_at(file, position + 2, min(14, stop - position - 2))
    if marker == 0xE0 and payload.startswith(JFIF) and len(payload) >= 12:
        parts.add(segment(0xE0, payload[:12] + b"\x00\x00"))
    elif marker == 0xEE and payload.startswith(ADOBE) and len(payload) >= 12:
        parts.add(segment(0xEE, payload[:12]))
    elif marker == 0xE2 and payload.startswith(ICC):
        parts.add(bytes((0xFF, marker)))
        parts.keep(position, stop)


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def end_of_data(file: BinaryIO, position: int) -> int:
    """Return where the next marker stands, or the file ends, after compressed data."""
    file.seek(position)
    rest = b""
    while piece := file.read(PIECE):
        if found := NEXT_MARKER.search(rest + piece):
            return position - len(rest) + found.start()
        position += len(piece)
        rest = b"\xff" if piece.endswith(b"\xff") else b""
    raise NotUnderstood("its data has no end")


def insert_orientation(parts: Parts, value: int) -> None:
    """Write the orientation as the first segment, after JFIF's where there is one."""
    if value != exif.UPRIGHT:
        first = parts.items[1] if len(parts.items) > 1 else b""
        has_jfif = isinstance(first, bytes) and first[4:].startswith(JFIF)
        parts.items.insert(2 if has_jfif else 1, segment(0xE1, exif.PREFIX + exif.block(value)))
