"""Rows of a matrix that is in memory, or in a file and not to be in memory. Pure NumPy."""

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from io import FileIO

import numpy as np
import numpy.typing as npt

from catalog.vectors import Float32Array


class Rows(ABC):
    """Read-only float32 rows (N, D). `matrix` is all of them, perhaps mapped from a file."""

    matrix: Float32Array

    @abstractmethod
    def take(self, rows: npt.NDArray[np.int64]) -> Float32Array:
        """Return rows by position, (len(rows), D), a copy."""

    @abstractmethod
    def chunks(self, start: int, stop: int, size: int) -> Iterator[tuple[int, Float32Array]]:
        """Yield (position, rows) from `start` to `stop`, at most `size` rows at a time.

        The same memory may be used for each: a caller that keeps rows copies them.
        """


class MemoryRows(Rows):
    """The rows of an array in memory."""

    def __init__(self, matrix: Float32Array) -> None:
        self.matrix = matrix

    def take(self, rows: npt.NDArray[np.int64]) -> Float32Array:
        return self.matrix[rows]

    def chunks(self, start: int, stop: int, size: int) -> Iterator[tuple[int, Float32Array]]:
        for first in range(start, stop, size):
            yield first, self.matrix[first : min(first + size, stop)]


class FileRows(Rows):
    """The rows of an array in a file, `offset` bytes from its start.

    Reading through a mapping would leave every page that was ever touched in the process; reading
    through the file leaves it to the system's cache.
    """

    def __init__(self, file: FileIO, mapped: Float32Array, offset: int) -> None:
        self._file, self._offset = file, offset
        self.matrix = mapped
        # Windows cannot read at a position; other byte orders need a conversion.
        self._direct = hasattr(os, "preadv") and sys.byteorder == "little"

    def take(self, rows: npt.NDArray[np.int64]) -> Float32Array:
        if not self._direct:
            return np.asarray(self.matrix[rows], dtype=np.float32)
        found = np.empty((len(rows), self.matrix.shape[1]), dtype=np.float32)
        size = found.strides[0]
        view, file = found.reshape(-1).view(np.uint8).data, self._file.fileno()
        # A system call a row, and nothing else that can be done once: a search takes hundreds.
        for place, row in enumerate(rows.tolist()):
            target = view[place * size : (place + 1) * size]
            if os.preadv(file, [target], self._offset + row * size) != size:
                self._read(found[place], row)
        return found

    def chunks(self, start: int, stop: int, size: int) -> Iterator[tuple[int, Float32Array]]:
        buffer = np.empty((min(size, stop - start), self.matrix.shape[1]), dtype=np.float32)
        for first in range(start, stop, size):
            part = buffer[: min(size, stop - first)]
            if self._direct:
                self._read(part, first)
            else:
                part[:] = self.matrix[first : first + len(part)]
            yield first, part

    def _read(self, target: Float32Array, row: int) -> None:
        """Fill a contiguous `target` from row `row` on."""
        view = target.reshape(-1).view(np.uint8).data
        position = self._offset + row * self.matrix.shape[1] * 4
        while view:
            count = os.preadv(self._file.fileno(), [view], position)
            if not count:
                raise OSError("the file of vectors ended early")
            view, position = view[count:], position + count
