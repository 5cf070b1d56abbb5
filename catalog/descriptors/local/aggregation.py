"""Local features of one picture aggregated by visual words, and their bytes. Pure: NumPy only.

Tolias, Avrithis & Jégou, "To Aggregate or not to Aggregate: Selective Match Kernels for Image
Search", ICCV 2013, section 4: the binarised kernel, ASMK*.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array

from .features import DESCRIPTOR_DIM, LocalFeaturesError

Int64Array = npt.NDArray[np.int64]

# First two bytes: the format and its version. Then the count and the CRC-32 of the rest.
MAGIC = 0x4101
HEADER = np.dtype([("magic", "<u2"), ("count", "<u4"), ("crc", "<u4")])
WORD = np.dtype("<u2")
MOST_WORDS = int(np.iinfo(WORD).max) + 1
CODE_BYTES = DESCRIPTOR_DIM // 8
BYTES_PER_WORD = WORD.itemsize + CODE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class Aggregated:
    """The words of one picture, each once, and a code of what its features there have in common.

    `words` (U,) uint16, ascending; `codes` (U, 16) uint8: bit i is set where the sum of the
    features' differences from the word is above 0 in dimension i.
    """

    words: npt.NDArray[np.uint16]
    codes: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.words)


def aggregate(rows: Float32Array, words: Int64Array, centroids: Float32Array) -> Aggregated:
    """Aggregate descriptors (N, 128), each assigned to words (N, M) of `centroids` (W, 128).

    A negative word is none.
    """
    assigned = words.ravel()
    places = np.repeat(np.arange(len(rows)), words.shape[1])[assigned >= 0]
    assigned = assigned[assigned >= 0]
    by_word = np.argsort(assigned, kind="stable")
    own, starts, counts = np.unique(assigned[by_word], return_index=True, return_counts=True)
    if not len(own):
        return without_words()
    sums = np.add.reduceat(rows[places[by_word]], starts, axis=0)
    sums -= counts[:, None].astype(np.float32) * centroids[own]
    return Aggregated(own.astype(np.uint16), np.packbits(sums > 0, axis=1))


def without_words() -> Aggregated:
    """Return what a picture has that has no local features."""
    return Aggregated(np.empty(0, np.uint16), np.empty((0, CODE_BYTES), np.uint8))


def encode(aggregated: Aggregated) -> bytes:
    """Return the words as bytes: a header of 10, then 18 for each word."""
    body = aggregated.words.astype(WORD).tobytes() + aggregated.codes.tobytes()
    header = np.array((MAGIC, len(aggregated), zlib.crc32(body)), HEADER)
    return header.tobytes() + body


def decode(data: bytes | memoryview) -> Aggregated:
    """Return what `encode` made bytes of. Raises `LocalFeaturesError` where they are damaged."""
    data = bytes(data)
    if len(data) < HEADER.itemsize:
        raise LocalFeaturesError(f"{len(data)} bytes are too few for a header")
    magic, count, crc = np.frombuffer(data, HEADER, count=1)[0].tolist()
    body = data[HEADER.itemsize :]
    if magic != MAGIC:
        raise LocalFeaturesError(f"they begin with {magic:#06x}, not with {MAGIC:#06x}")
    if len(body) != count * BYTES_PER_WORD:
        raise LocalFeaturesError(f"{len(body)} bytes are not {count} words")
    if zlib.crc32(body) != crc:
        raise LocalFeaturesError("their checksum is wrong")
    words = np.frombuffer(body, WORD, count=count).astype(np.uint16, copy=False)
    codes = np.frombuffer(body, np.uint8, offset=count * WORD.itemsize)
    return Aggregated(words, codes.reshape(-1, CODE_BYTES))
