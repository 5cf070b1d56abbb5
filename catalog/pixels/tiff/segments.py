"""The strips or tiles of a TIFF page as samples, one by one and strictly.

Decompression is left to zlib and, for the other codecs, to the libtiff that Pillow brings: both
are made for hostile data. A segment that is missing, outside the file, or shorter than the page's
layout says is an error, never filled up.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import tifffile
from PIL import Image

from ..faults import damaged
from ..levels import Samples
from .libtiff import strict
from .tags import CONTIGUOUS, DEFLATE, FLOATING, HORIZONTAL, NO_COMPRESSION, dtype_of

LOW_BIT_FIRST = 2
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page is cut: segments of `height` x `width` pixels with `bands` samples each, `across`
    in a row and `down` rows of them, once for each of `planes`."""

    height: int
    width: int
    bands: int
    across: int
    down: int
    planes: int


def layout_of(page: tifffile.TiffPage) -> Layout:
    contiguous = page.planarconfig == CONTIGUOUS or page.samplesperpixel == 1
    height = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
    width = page.tilewidth if page.is_tiled else page.imagewidth
    if height < 1 or width < 1:
        raise damaged("TIFF")
    return Layout(
        height=height,
        width=width,
        bands=page.samplesperpixel if contiguous else 1,
        across=math.ceil(page.imagewidth / width),
        down=math.ceil(page.imagelength / height),
        planes=1 if contiguous else page.samplesperpixel,
    )


def segments(page: tifffile.TiffPage) -> Iterator[tuple[int, int, int, Samples]]:
    """Yield (top, left, first band, samples (H, W, bands)) of each strip or tile, without what
    lies outside the picture.

    Raises `PictureError` for data that is not there as a whole, and what decompressors raise.
    """
    layout = layout_of(page)
    of_plane = layout.across * layout.down
    places = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if len(places) < of_plane * layout.planes:
        raise damaged("TIFF")
    for index, (offset, size) in enumerate(places[: of_plane * layout.planes]):
        plane, place = divmod(index, of_plane)
        top = place // layout.across * layout.height
        left = place % layout.across * layout.width
        rows = layout.height if page.is_tiled else min(layout.height, page.imagelength - top)
        samples = unpacked(page, raw_bytes(page, offset, size), layout, rows)
        yield top, left, plane, samples[: page.imagelength - top, : page.imagewidth - left]


def raw_bytes(page: tifffile.TiffPage, offset: int, size: int) -> bytes:
    file = page.parent.filehandle
    file.seek(offset)
    data = file.read(size)
    if size < 1 or len(data) != size:
        raise damaged("TIFF")
    return data.translate(REVERSED) if page.fillorder == LOW_BIT_FIRST else data


def unpacked(page: tifffile.TiffPage, raw: bytes, layout: Layout, rows: int) -> Samples:
    """Decompress one segment; return its samples (rows, width, bands) in native byte order."""
    dtype, bits = dtype_of(page), page.bitspersample
    across = layout.width * layout.bands
    row_bytes = -(-across * bits // 8)
    data = decompressed(raw, page.compression, row_bytes, rows)
    if len(data) < row_bytes * rows:
        raise damaged("TIFF")
    table = np.frombuffer(data, np.uint8, row_bytes * rows).reshape(rows, row_bytes)
    shape = (rows, layout.width, layout.bands)
    if bits != 8 * dtype.itemsize:
        return packed_bits(table, bits, across).astype(dtype).reshape(shape)
    if page.predictor == FLOATING:
        return from_significance(table, dtype, layout.bands).reshape(shape)
    stored = dtype.newbyteorder(page.parent.byteorder)
    samples = table.view(stored).reshape(shape).astype(dtype, copy=False)
    if page.predictor == HORIZONTAL:
        return np.cumsum(samples, axis=1, dtype=dtype)
    return samples


def decompressed(raw: bytes, compression: int, row_bytes: int, rows: int) -> bytes:
    """Return the bytes of a segment, at most as many as its layout has room for."""
    if compression == NO_COMPRESSION:
        return raw
    if compression in DEFLATE:
        return zlib.decompressobj().decompress(raw, row_bytes * rows)
    wrapped = as_grey_tiff(raw, compression, row_bytes, rows)
    with strict(), Image.open(BytesIO(wrapped), formats=("TIFF",)) as image:
        return image.tobytes()


def as_grey_tiff(raw: bytes, compression: int, width: int, height: int) -> bytes:
    """A TIFF of one strip whose 8-bit pixels are the bytes that `raw` decompresses to."""
    entries = ((256, width), (257, height), (258, 8), (259, compression), (262, 1), (273, 122),
               (277, 1), (278, height), (279, len(raw)))  # fmt: skip
    directory = b"".join(struct.pack("<HHII", code, 4, 1, value) for code, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + b"\0\0\0\0" + raw


def packed_bits(table: Samples, bits: int, across: int) -> Samples:
    """Samples of `bits` bits (rows, across), most significant first, each row from a new byte."""
    rows = np.unpackbits(table, axis=1)[:, : across * bits].reshape(len(table), across, bits)
    samples = np.zeros(rows.shape[:2], dtype=np.uint32)
    for place in range(bits):
        samples = samples << 1 | rows[..., place]
    return samples


def from_significance(table: Samples, dtype: np.dtype, bands: int) -> Samples:
    """Undo the floating point predictor (TIFF Technical Note 3): differences of bytes, which lie
    sorted by significance in each row."""
    count = table.shape[1] // bands
    summed = np.cumsum(table.reshape(len(table), count, bands), axis=1, dtype=np.uint8)
    planes = summed.reshape(len(table), dtype.itemsize, -1)
    values = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(dtype.newbyteorder(">"))
    return values.astype(dtype)
