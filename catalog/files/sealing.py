"""Pictures that carry the checksum of all their own bytes. Pure.

A rendition that a full or failing disk left cut, zeroed or mixed with something else is so told
from a whole one, without a second file or a row. Readers of the formats skip what is added.
"""

import struct
import zlib

COMMENT = b"\xff\xfe\x00\x0a"  # a JPEG comment of eight letters
DIGITS = 8

CHUNK = struct.Struct("<4sI")
# A chunk that is nobody else's: readers ignore those that they do not know.
OURS = b"SISC"


def sealed(data: bytes) -> bytes:
    """Return a JPEG, or a simple lossy WebP, with the checksum of its bytes inside."""
    return sealed_webp(data) if data[:4] == b"RIFF" else sealed_jpeg(data)


def is_whole(data: bytes) -> bool:
    """Tell whether `sealed` made exactly these bytes: not empty, cut, zeroed or something else."""
    if data[:4] != b"RIFF":
        place = first_segment(data)
        return sealed_jpeg(data[:place] + data[place + len(COMMENT) + DIGITS :]) == data
    picture = data[30 : len(data) - CHUNK.size - DIGITS]  # behind the file's header and VP8X
    return len(picture) > 18 and sealed_webp(riff(picture)) == data


def sealed_jpeg(jpeg: bytes) -> bytes:
    """Put the checksum into a comment behind the first segment."""
    place = first_segment(jpeg)
    return jpeg[:place] + COMMENT + checksum(jpeg) + jpeg[place:]


def first_segment(jpeg: bytes) -> int:
    """Return where the segment after a JPEG's start marker ends."""
    return 4 + int.from_bytes(jpeg[4:6], "big")


def sealed_webp(webp: bytes) -> bytes:
    """Put the checksum into a last chunk, which makes an extended file of a simple one.

    RFC 9649, "WebP Image Format", sections 2.5 and 2.7; unknown chunks: 2.7.1.6.
    """
    picture = webp[12:]
    # Of a key frame: three bytes of tag, three of start code, then 14 bits of width and of height.
    wide, high = (side & 0x3FFF for side in struct.unpack_from("<HH", picture, CHUNK.size + 6))
    canvas = (wide - 1).to_bytes(3, "little") + (high - 1).to_bytes(3, "little")
    return riff(chunk(b"VP8X", bytes(4) + canvas) + picture + chunk(OURS, checksum(webp)))


def riff(chunks: bytes) -> bytes:
    """Return the WebP file that has these chunks."""
    return CHUNK.pack(b"RIFF", 4 + len(chunks)) + b"WEBP" + chunks


def chunk(name: bytes, data: bytes) -> bytes:
    return CHUNK.pack(name, len(data)) + data


def checksum(data: bytes) -> bytes:
    return b"%08x" % zlib.crc32(data)
