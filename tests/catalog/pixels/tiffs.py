"""TIFF files written by hand: what tifffile writes only with other packages, or not at all."""

import struct

import numpy as np

KINDS = {"b": 1, "u": 1, "i": 2, "f": 3}


def assembled(strips: list[bytes], tags: dict[int, int | list[int]]) -> bytes:
    """A little-endian TIFF of one page whose strips are `strips`; every tag is of 32 bits."""
    values = {code: value if isinstance(value, list) else [value] for code, value in tags.items()}
    values |= {273: [0] * len(strips), 279: [len(strip) for strip in strips]}
    after = 8 + 2 + 12 * len(values) + 4
    start = after + sum(4 * len(each) for each in values.values() if len(each) > 1)
    for number, strip in enumerate(strips):
        values[273][number] = start
        start += len(strip)
    beside, entries = b"", b""
    for code, each in sorted(values.items()):
        place = content = struct.pack(f"<{len(each)}I", *each)
        if len(each) > 1:
            place, beside = struct.pack("<I", after + len(beside)), beside + content
        entries += struct.pack("<HHI", code, 4, len(each)) + place
    directory = struct.pack("<H", len(values)) + entries + b"\0" * 4
    return b"II*\0" + struct.pack("<I", 8) + directory + beside + b"".join(strips)


def page(
    samples: np.ndarray,
    *,
    codec=None,
    photometric: int,
    separate: bool = False,
    **more: int | list[int],
) -> bytes:
    """A page (H, W) or (H, W, bands) with one strip, or one a band, in the codec's compression."""
    height, width = samples.shape[:2]
    bands = samples.shape[2] if samples.ndim == 3 else 1
    parts = np.moveaxis(samples, -1, 0) if separate else [samples]
    number, pack = codec or (1, bytes)
    little = samples.dtype.newbyteorder("<")
    strips = [pack(np.ascontiguousarray(part, dtype=little).tobytes()) for part in parts]
    tags = {
        256: width, 257: height, 258: [8 * samples.itemsize] * bands, 259: number,
        262: photometric, 277: bands, 278: height, 284: 2 if separate else 1,
        339: [KINDS[samples.dtype.kind]] * bands,
    }  # fmt: skip
    return assembled(strips, tags | {int(code[1:]): value for code, value in more.items()})


def packbits(data: bytes) -> bytes:
    """Every run is literal (TIFF 6.0, section 9)."""
    runs = [data[start : start + 128] for start in range(0, len(data), 128)]
    return b"".join(bytes([len(run) - 1]) + run for run in runs)


def lzw(data: bytes) -> bytes:
    """Literal codes of 9 bits, and a clear code before there would be longer ones (section 13)."""
    clear, end = 256, 257
    starts = range(0, len(data), 250)
    codes = [code for start in starts for code in (clear, *data[start : start + 250])]
    bits = "".join(f"{code:09b}" for code in [*codes, end])
    size = -(-len(bits) // 8)
    return int(bits.ljust(8 * size, "0"), 2).to_bytes(size)


LZW, PACKBITS = (5, lzw), (32773, packbits)
