"""Stored forms of what a run ranked: a table of names, and positions in it. Pure, no Django.

A run's names are stored once; each topic's ranking is 4 bytes an image.
"""

import json
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

STORED_DTYPE = np.dtype("<i4")


def encode_names(names: Sequence[str]) -> bytes:
    """Return the stored form of a table of names; `decode_names` gives the list back."""
    return zlib.compress(json.dumps(list(names), ensure_ascii=False).encode(), level=1)


def decode_names(data: bytes | memoryview) -> list[str]:
    """Return the names that `encode_names` stored; none for no bytes."""
    return json.loads(zlib.decompress(data)) if len(data) else []


def encode_positions(positions: npt.ArrayLike) -> bytes:
    """Return the stored form of (N,) positions in a table of names."""
    return np.asarray(positions, dtype=STORED_DTYPE).tobytes()


def decode_positions(data: bytes | memoryview) -> IntArray:
    """Return the (N,) int64 positions that `encode_positions` stored."""
    return np.frombuffer(data, dtype=STORED_DTYPE).astype(np.int64)


class NameTable:
    """A growing table of names, each once: name to position and back."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names: list[str] = []
        self._places: dict[str, int] = {}
        self.add(names)

    def add(self, names: Sequence[str]) -> IntArray:
        """Return the names' positions, (len(names),) int64; new names are put at the end."""
        for name in names:
            if name not in self._places:
                self._places[name] = len(self.names)
                self.names.append(name)
        return np.array([self._places[name] for name in names], dtype=np.int64)
