"""WebP: chunks of a RIFF file, in a frame that names its size and what it holds. Pure."""

import struct
from typing import BinaryIO

from . import exif
from .parts import NotUnderstood, Parts, bytes_at, counted, length

KEPT = {b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM"}
HAS_EXIF, HAS_XMP = 0x08, 0x04
LARGEST_TEXT = 1 << 20


def plan(file: BinaryIO) -> Parts:
    """Keep picture, profile and animation, within the frame; the frame is written anew."""
    riff, size, kind = struct.unpack("<4sI4s", bytes_at(file, 0, 12))
    if (riff, kind) != (b"RIFF", b"WEBP"):
        raise NotUnderstood("it does not begin as a WebP")
    body, end = Parts(), 8 + size
    turned = in_xmp = exif.UPRIGHT
    flags_at, position = None, 12
    for _step in counted():
        if position + 8 > end:
            break
        name, size = struct.unpack("<4sI", bytes_at(file, position, 8))
        stop = position + 8 + size + (size & 1)
        if name == b"VP8X":
            header = bytearray(bytes_at(file, position, 18))
            header[8] &= ~(HAS_EXIF | HAS_XMP)
            flags_at = len(body.items)
            body.add(bytes(header))
        elif name in KEPT:
            keep_chunk(file, body, position, size)
        elif name == b"ANMF":
            keep_frame(file, body, position, size)
        elif name == b"EXIF" and size < LARGEST_TEXT:
            turned = exif.orientation(bytes_at(file, position + 8, size))
        elif name == b"XMP " and size < LARGEST_TEXT:
            in_xmp = exif.orientation_in_xmp(bytes_at(file, position + 8, size))
        position = stop
    add_orientation(body, flags_at, turned if turned != exif.UPRIGHT else in_xmp)
    body.items.insert(0, b"RIFF" + struct.pack("<I", 4 + length(body)) + b"WEBP")
    return body


def keep_chunk(file: BinaryIO, parts: Parts, position: int, size: int) -> None:
    """Keep a chunk; one of odd length is filled up with a zero."""
    stop = position + 8 + size
    bytes_at(file, stop - 1, 1)
    parts.keep(position, stop)
    if size & 1:
        parts.add(b"\x00")


def keep_frame(file: BinaryIO, parts: Parts, position: int, size: int) -> None:
    """Keep a frame of an animation with its picture alone; it may hold chunks of its own."""
    inner, place, stop = Parts(), position + 24, position + 8 + size
    for _step in counted():
        if place + 8 > stop:
            break
        name, number = struct.unpack("<4sI", bytes_at(file, place, 8))
        if place + 8 + number > stop:
            raise NotUnderstood("a frame's part is larger than the frame")
        if name in KEPT:
            keep_chunk(file, inner, place, number)
        place += 8 + number + (number & 1)
    parts.add(b"ANMF" + struct.pack("<I", 16 + length(inner)))
    parts.keep(position + 8, position + 24)
    parts.items += inner.items


def add_orientation(body: Parts, flags_at: int | None, value: int) -> None:
    """Write the orientation; a file without the extended header has no place for it, nor any
    reader that looks for it there."""
    if value == exif.UPRIGHT or flags_at is None:
        return
    header = bytearray(body.items[flags_at])
    header[8] |= HAS_EXIF
    body.items[flags_at] = bytes(header)
    block = exif.block(value)
    body.add(b"EXIF" + struct.pack("<I", len(block)) + block)
