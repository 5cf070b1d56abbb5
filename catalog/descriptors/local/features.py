"""Local features of one picture as a value, and its bytes. Pure: NumPy only."""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

DESCRIPTOR_DIM = 128
# First two bytes: the format and its version. Then width, height, count and CRC-32 of the rest.
MAGIC = 0x4C01
HEADER = np.dtype(
    [("magic", "<u2"), ("width", "<u2"), ("height", "<u2"), ("count", "<u4"), ("crc", "<u4")]
)
# Positions in 65,535ths of the picture's sides: at 1,024 pixels 0.02 pixels, where half floats of
# the same size would be up to 0.25 pixels off.
POSITION, HALF, BYTE = np.dtype("<u2"), np.dtype("<f2"), np.dtype("u1")
STEPS = np.iinfo(np.uint16).max
BYTES_PER_FEATURE = 2 * POSITION.itemsize + 2 * HALF.itemsize + DESCRIPTOR_DIM


class LocalFeaturesError(Exception):
    """Bytes that are not local features; the message, in English, says what is wrong with them."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalFeatures:
    """Points of one picture with a descriptor each, the strongest first.

    `size`: width and height in pixels of the picture that they were found in, which may be
    smaller than the original; `positions` (N, 2) float32 in its pixels; `scales` (N,) float32,
    the diameter in pixels; `angles` (N,) float32 in degrees, [0, 360); `descriptors` (N, 128)
    uint8, which have no common length: see `unit_descriptors`.
    """

    size: tuple[int, int]
    positions: Float32Array
    scales: Float32Array
    angles: Float32Array
    descriptors: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.positions)

    def take(self, chosen: npt.NDArray[np.int64] | slice) -> "LocalFeatures":
        """Return the chosen ones, in their order."""
        return LocalFeatures(
            self.size,
            self.positions[chosen],
            self.scales[chosen],
            self.angles[chosen],
            self.descriptors[chosen],
        )

    def unit_descriptors(self) -> Float32Array:
        """Return the descriptors as rows (N, 128) of norm 1, for products."""
        rows = self.descriptors.astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows /= np.maximum(norms, 1)[:, None]
        return rows


def without_features(size: tuple[int, int]) -> LocalFeatures:
    """Return what a picture has that shows no point to hold on to."""
    none = np.empty(0, np.float32)
    return LocalFeatures(
        size, np.empty((0, 2), np.float32), none, none, np.empty((0, DESCRIPTOR_DIM), np.uint8)
    )


def encode(features: LocalFeatures) -> bytes:
    """Return the features as bytes: a header of 14, then 136 for each feature."""
    shares = features.positions / np.array(features.size, np.float32)
    positions = np.rint(np.clip(shares, 0, 1) * STEPS)
    body = b"".join(
        (
            positions.astype(POSITION).tobytes(),
            features.scales.astype(HALF).tobytes(),
            features.angles.astype(HALF).tobytes(),
            features.descriptors.astype(BYTE).tobytes(),
        )
    )
    width, height = features.size
    header = np.array((MAGIC, width, height, len(features), zlib.crc32(body)), HEADER)
    return header.tobytes() + body


def decode(data: bytes | memoryview) -> LocalFeatures:
    """Return what `encode` made bytes of. Raises `LocalFeaturesError` where they are damaged."""
    data = bytes(data)
    if len(data) < HEADER.itemsize:
        raise LocalFeaturesError(f"{len(data)} bytes are too few for a header")
    magic, width, height, count, crc = np.frombuffer(data, HEADER, count=1)[0].tolist()
    body = data[HEADER.itemsize :]
    if magic != MAGIC:
        raise LocalFeaturesError(f"they begin with {magic:#06x}, not with {MAGIC:#06x}")
    if len(body) != count * BYTES_PER_FEATURE:
        raise LocalFeaturesError(f"{len(body)} bytes are not {count} features")
    if zlib.crc32(body) != crc:
        raise LocalFeaturesError("their checksum is wrong")
    parts, start = [], 0
    for dtype, columns in ((POSITION, 2), (HALF, 1), (HALF, 1), (BYTE, DESCRIPTOR_DIM)):
        parts.append(np.frombuffer(body, dtype, count=count * columns, offset=start))
        start += count * columns * dtype.itemsize
    shares = parts[0].reshape(-1, 2).astype(np.float32) / np.float32(STEPS)
    return LocalFeatures(
        (width, height),
        shares * np.array((width, height), np.float32),
        parts[1].astype(np.float32),
        parts[2].astype(np.float32),
        parts[3].view(np.uint8).reshape(-1, DESCRIPTOR_DIM),
    )
