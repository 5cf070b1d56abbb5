"""Whether a PNG's compressed data fills its picture.

Decoders leave black what a compressed stream that ends early, but properly, does not fill, and
Pillow says nothing. The stream is unpacked once more and its bytes are counted (PNG, third
edition, 7 to 10).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import IO

from .faults import damaged

BANDS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# First column, step, first row, step of an interlaced picture's passes (Adam7).
ADAM7 = (
    (0, 8, 0, 8),
    (4, 8, 0, 8),
    (0, 4, 4, 8),
    (2, 4, 0, 4),
    (0, 2, 2, 4),
    (1, 2, 0, 2),
    (0, 1, 1, 2),
)
PIECE_BYTES = 1024**2


def check_whole(file: IO[bytes]) -> None:
    """Raise `PictureError` where the data of a PNG's picture are fewer than it has room for."""
    file.seek(8)
    try:
        missing = filtered_bytes(header(file))
        unpacker = zlib.decompressobj()
        for packed in data_chunks(file):
            while packed and missing > 0:
                missing -= len(unpacker.decompress(packed, PIECE_BYTES))
                packed = unpacker.unconsumed_tail
            if missing <= 0:
                return
        missing -= len(unpacker.flush())
    except (struct.error, zlib.error, KeyError) as error:
        raise damaged("PNG") from error
    if missing > 0:
        raise damaged("PNG")


def header(file: IO[bytes]) -> bytes:
    length, name = struct.unpack(">I4s", file.read(8))
    content = file.read(length)
    file.seek(4, 1)
    if name != b"IHDR":
        raise damaged("PNG")
    return content


def filtered_bytes(content: bytes) -> int:
    """How many bytes the rows take, each with the byte that names its filter."""
    width, height, bits, kind, _compression, _filter, interlaced = struct.unpack(
        ">IIBBBBB", content
    )
    bits_a_pixel = bits * BANDS[kind]
    passes = ADAM7 if interlaced else ((0, 1, 0, 1),)
    total = 0
    for left, across, top, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits_a_pixel // 8))
    return total


def data_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of the picture's data chunks, up to where others follow them."""
    begun = False
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == b"IDAT":
            begun = True
            yield file.read(length)
            file.seek(4, 1)
        elif begun or name == b"IEND":
            return
        else:
            file.seek(length + 4, 1)
