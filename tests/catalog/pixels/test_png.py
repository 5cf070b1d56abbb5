"""PNGs whose data end early, but properly, are refused; whole ones of every kind are not."""

import struct
import zlib
from io import BytesIO

import pytest

from benchmarks.hostile import chunk
from benchmarks.hostile import png as made
from catalog.pixels import Fault, PictureError, decode
from tests.helpers import encoded, picture

KINDS = [(bits, kind) for kind, depths in {
    0: (1, 2, 4, 8, 16), 2: (8, 16), 4: (8, 16), 6: (8, 16),
}.items() for bits in depths]  # fmt: skip


def packed(content: bytes) -> bytes:
    """The compressed data of a PNG, all chunks in one."""
    place, data = 8, b""
    while place < len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        if name == b"IDAT":
            data += content[place + 8 : place + 8 + length]
        place += 12 + length
    return data


def with_data(content: bytes, *data: bytes) -> bytes:
    """The same header with other data."""
    chunks = b"".join(chunk(b"IDAT", each) for each in data)
    return content[:33] + chunks + chunk(b"IEND", b"")


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("bits", "kind"), KINDS)
@pytest.mark.parametrize("side", [1, 5, 33])
def test_whole_pictures_of_every_kind_are_read(side, bits, kind, interlaced):
    """Catches a sum of bytes that is wrong for some depth, kind of colour or small pass."""
    content = made(side, bits=bits, kind=kind, interlaced=interlaced)
    assert decode(BytesIO(content)).pixels.size == (side, side)
    rows = zlib.decompress(packed(content))
    assert is_refused(with_data(content, zlib.compress(rows[:-1])))


def is_refused(content: bytes) -> bool:
    with pytest.raises(PictureError) as caught:
        decode(BytesIO(content))
    return caught.value.fault is Fault.DAMAGED


def test_a_stream_that_ends_early_is_refused():
    """Catches a picture whose lower half is black although every checksum is right."""
    content = encoded(picture(1), "PNG")
    rows = zlib.decompress(packed(content))
    assert is_refused(with_data(content, zlib.compress(rows[: len(rows) // 2])))
    assert is_refused(with_data(content, zlib.compress(b"")))


def test_data_in_many_chunks_or_too_long_are_read():
    """Catches a count that stops at the first chunk, or takes more data for damage."""
    image = picture(1)
    content = encoded(image, "PNG")
    data = packed(content)
    pieces = [data[start : start + 100] for start in range(0, len(data), 100)]
    assert decode(BytesIO(with_data(content, *pieces))).pixels.tobytes() == image.tobytes()
    longer = zlib.compress(zlib.decompress(data) + bytes(1000))
    assert decode(BytesIO(with_data(content, longer))).pixels.tobytes() == image.tobytes()
