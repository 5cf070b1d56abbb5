"""BMP: one header, a table of colours, the pixels. It has no metadata of its own, but anything may
follow its pixels. Pure."""

import struct
from typing import BinaryIO

from .parts import NotUnderstood, Parts, bytes_at

CORE, INFO = 12, 40
UNCOMPRESSED = {0, 3, 6}


def plan(file: BinaryIO) -> Parts:
    """Keep everything up to the last pixel."""
    magic, pixels, header = struct.unpack("<2s8xII", bytes_at(file, 0, 18))
    if magic != b"BM":
        raise NotUnderstood("it does not begin as a BMP")
    if header == CORE:
        width, height, _planes, bits = struct.unpack("<HHHH", bytes_at(file, 18, 8))
        compression = size = 0
    elif header >= INFO:
        width, height, _planes, bits, compression, size = struct.unpack(
            "<iiHHII", bytes_at(file, 18, 20)
        )
    else:
        raise NotUnderstood("its header is not known")
    if compression in UNCOMPRESSED:
        size = (abs(width) * bits + 31) // 32 * 4 * abs(height)
    if not size or pixels < 14 + header:
        raise NotUnderstood("its pixels are not where they should be")
    bytes_at(file, pixels + size - 1, 1)
    parts = Parts()
    parts.keep(0, pixels + size)
    return parts
