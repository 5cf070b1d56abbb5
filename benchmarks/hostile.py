"""Files that are legal, or nearly, and cost as much as they can.

Each is made anew in a moment or two; `side` scales them, so that tests can use small ones.
"""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
import tifffile
from PIL import Image

from catalog.pixels.png import ADAM7

# 50 million pixels, the default of SIS_MAX_UPLOAD_PIXELS.
SIDE = 7070


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def flat(mode: str, side: int) -> Image.Image:
    """A picture with next to nothing to compress, and so with a small file."""
    image = Image.new(mode, (side, side))
    image.paste(Image.radial_gradient("L").convert(mode), (0, 0))
    return image


def noise(side: int) -> Image.Image:
    """A picture that gives a decoder all the work it can have, from a tile of noise."""
    generator = np.random.default_rng(1)
    tile = generator.integers(0, 256, (min(side, 1024), min(side, 1024), 3), dtype=np.uint8)
    times = -(-side // len(tile))
    return Image.fromarray(np.tile(tile, (times, times, 1))[:side, :side])


def with_scans(data: bytes, number: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, `number` scans in all."""
    last = data.rindex(b"\xff\xda")
    tables = data.rindex(b"\xff\xc4", 0, last)
    scans = data.count(b"\xff\xda")
    return data[:-2] + data[tables:-2] * (number - scans) + data[-2:]


def with_size(data: bytes, width: int, height: int) -> bytes:
    """A baseline JPEG whose header claims another size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def png(side: int, *, bits: int, kind: int, interlaced: bool = False) -> bytes:
    """A PNG of zeros, written row by row so that making it takes no memory."""
    bands = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    packer = zlib.compressobj(9)
    if interlaced:  # Adam7: seven small pictures, each row with its filter byte
        shapes = [(-(-(side - x) // dx), -(-(side - y) // dy)) for x, dx, y, dy in ADAM7]
    else:
        shapes = [(side, side)]
    body = b""
    for width, height in shapes:
        if width < 1 or height < 1:
            continue
        row = bytes(1 + -(-width * bands * bits // 8))
        body += b"".join(packer.compress(row) for _ in range(height))
    header = struct.pack(">IIBBBBB", side, side, bits, kind, 0, 0, int(interlaced))
    chunks = ((b"IHDR", header), (b"IDAT", body + packer.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def webp_of_38_bytes(side: int) -> bytes:
    """A lossless WebP with five single-symbol codes: every pixel is the same."""
    bits = (side - 1) | (side - 1) << 14
    head = b"\x2f" + struct.pack("<I", bits) + b"\x88\x88\x08"
    body = b"VP8L" + struct.pack("<I", len(head)) + head.ljust(18, b"\0")
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def tiff(samples: np.ndarray, **options: Any) -> bytes:
    buffer = BytesIO()
    tifffile.imwrite(buffer, samples, metadata=None, **options)
    return buffer.getvalue()


def heic(side: int) -> bytes:
    pillow_heif.register_heif_opener()
    return saved(flat("RGB", side), "HEIF", quality=10)


def many_pages(number: int) -> bytes:
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for _ in range(number):
            writer.write(np.zeros((8, 8), np.uint8), metadata=None)
    return buffer.getvalue()


def many_frames(number: int, format: str) -> bytes:
    frames = [Image.new("L", (16, 16), value % 256) for value in range(number)]
    return saved(frames[0], format, save_all=True, append_images=frames[1:], duration=10)


# What each is, and how to make it with a given side.
KINDS: dict[str, Callable[[int], bytes]] = {
    "JPEG, 400 scans": lambda side: with_scans(
        saved(flat("RGB", side // 4), "JPEG", progressive=True), 400
    ),
    "JPEG, progressive, noise": lambda side: saved(
        noise(side), "JPEG", progressive=True, quality=30
    ),
    "JPEG, baseline, noise": lambda side: saved(noise(side), "JPEG", quality=45),
    "JPEG, CMYK": lambda side: saved(flat("CMYK", side), "JPEG"),
    "JPEG that claims 100 million pixels": lambda side: with_size(
        saved(flat("RGB", 640), "JPEG"), 10000, 9990
    ),
    "WebP of 38 bytes": lambda side: webp_of_38_bytes(side),
    "WebP, lossy, noise": lambda side: saved(noise(side), "WEBP", quality=20, method=0),
    "PNG, grey of 16 bits": lambda side: png(side, bits=16, kind=0),
    "PNG, RGBA of 16 bits, interlaced": lambda side: png(side, bits=16, kind=6, interlaced=True),
    "PNG, 1 bit": lambda side: png(side, bits=1, kind=0),
    "GIF": lambda side: saved(flat("P", side), "GIF"),
    "GIF, 5,000 frames": lambda side: many_frames(5000, "GIF"),
    "WebP, 2,000 frames": lambda side: many_frames(2000, "WEBP"),
    "BMP": lambda side: saved(flat("P", side), "BMP"),
    "TIFF, floats": lambda side: tiff(np.zeros((side, side), "f4"), compression="zlib"),
    "TIFF, RGB of 64-bit floats": lambda side: tiff(
        np.zeros((side // 2, side // 2, 3), "f8"), compression="zlib", photometric="rgb"
    ),
    "TIFF, a strip for each row": lambda side: tiff(
        np.zeros((side, side), "u1"), compression="zlib", rowsperstrip=1
    ),
    "TIFF, 20,000 pages": lambda side: many_pages(20000),
    "AVIF": lambda side: saved(flat("RGB", side), "AVIF", quality=10, speed=10),
    "HEIC": heic,
}
