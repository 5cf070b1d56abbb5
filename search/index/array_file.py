"""Files of big arrays, memory-mapped and shared by processes. Pure NumPy, no Django.

One page of header, then the arrays one after the other, little-endian, in C order. The header
holds a JSON object: what the file is of, and each array's type, shape and CRC-32. It is written
last, then the file is read back from the disk, and gets its name after that: what has the name is
whole, and was verified once.

Why not `.npy` files with a JSON beside them: a draft with the same checks had 299 lines to the 238
here, some 15 of them for deleting groups of files. Four files have to appear, be replaced and be
deleted in a certain order, and a JSON must still vouch for them; a single file does each at once.

Found when a file is opened: bytes that were changed, zeroed, added or cut off by whatever writes
through the file system and so changes the file's time (the arrays are then read in full first), and
headers that are damaged, foreign or of another version. `touched` says whether a file was written
to while it is open. Only `verify` finds what leaves the time as it was, such as a failing disk's
damage. Not covered: forgery, as CRC-32 is not a signature; and an array of more than
`MOST_IN_MEMORY` bytes, which is mapped: where its file is cut off while a process computes on it,
operating systems end the process. Smaller ones are read into memory, which nobody can cut off, and
rows that are read one by one come through the file, where it is an error like others.
"""

import json
import math
import os
import secrets
import struct
import tempfile
import time
import zlib
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .rows import FileRows, MemoryRows, Rows

MAGIC = b"SISARRAY"
VERSION = 2
HEADER_BYTES = 4096
# Magic, version, length of the JSON text, CRC-32 of the JSON text.
PREFIX = struct.Struct("<8sIII")
READ_BYTES = 1 << 20
# 65,000 pictures by fc6. Each process that reads more would leave too little for others.
MOST_IN_MEMORY = 1 << 30

TEMPORARY = ".partial"
# Being written changes a file's time: one untouched for so long was left by a killed process.
ABANDONED_SECONDS = 3600

Array = npt.NDArray[Any]


class ArrayFileError(Exception):
    """A file is not a whole array file of this version, or damaged; the message says why."""


class ArrayFileWriter:
    """Writes one array file: `begin` each array and `write` its rows, then `publish`.

    Use as a context manager: what was not published is deleted. Raises `OSError` where the
    folder cannot be written or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._temporary = path.parent / f"{path.name}.{secrets.token_hex(4)}{TEMPORARY}"
        self._file = self._temporary.open("xb")
        self._file.write(bytes(HEADER_BYTES))
        self._sections: list[dict[str, Any]] = []

    def __enter__(self) -> "ArrayFileWriter":
        return self

    def __exit__(self, *_exception: object) -> None:
        with suppress(OSError):  # a full disk complains again when what is buffered is written
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def begin(self, name: str, dtype: npt.DTypeLike, *row_shape: int) -> None:
        """Start an array of rows of this shape; `write` then adds rows to it."""
        stored = np.dtype(dtype).newbyteorder("<")
        shape = [0, *row_shape]
        self._sections.append({"name": name, "dtype": stored.str, "shape": shape, "checksum": 0})

    def write(self, rows: Array) -> None:
        """Add rows (n, ...) to the array begun last."""
        section = self._sections[-1]
        if list(rows.shape[1:]) != section["shape"][1:]:
            raise ValueError(f"rows are {rows.shape}, the array is {section['shape']}")
        stored = np.ascontiguousarray(rows, dtype=section["dtype"])
        data = stored.reshape(-1).view(np.uint8).data
        self._file.write(data)
        section["checksum"] = zlib.crc32(data, section["checksum"])
        section["shape"][0] += len(rows)

    def add(self, name: str, array: Array) -> None:
        """Write a whole array."""
        self.begin(name, array.dtype, *array.shape[1:])
        self.write(array)

    def publish(self, facts: dict[str, Any]) -> None:
        """Write the header with these facts (what JSON can hold), and give the file its name.

        Raises `ArrayFileError` where the disk returns other bytes than were written.
        """
        # The time that the file will have; whole seconds, as not all file systems keep more.
        modified = int(time.time()) * 10**9
        header = {"facts": facts, "arrays": self._sections, "modified": modified}
        text = json.dumps(header).encode("ascii")
        if PREFIX.size + len(text) > HEADER_BYTES:
            raise ValueError("the facts do not fit the header")
        self._flush()  # the header must not reach the disk before what it vouches for
        self._file.seek(0)
        self._file.write(PREFIX.pack(MAGIC, VERSION, len(text), zlib.crc32(text)) + text)
        self._flush()
        self._file.close()
        os.utime(self._temporary, ns=(modified, modified))
        with ArrayFile(self._temporary).handle as handle:
            check(handle, self._temporary.name)
        self._temporary.replace(self.path)

    def _flush(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        if hasattr(os, "posix_fadvise"):  # what is read back is to come from the disk, not memory
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class ArrayFile:
    """A published file: `facts`, and its arrays by name, read-only.

    Raises `ArrayFileError` for a file that is damaged, of another version or of another kind,
    `OSError` for one that cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Kept open: the arrays stay readable after the file was deleted or replaced.
        self.handle = path.open("rb", buffering=0)
        header = read_header(self.handle.read(HEADER_BYTES), path.name)
        self.facts: dict[str, Any] = header["facts"]
        self._sections: dict[str, dict[str, Any]] = {}
        end = HEADER_BYTES
        for section in header["arrays"]:
            self._sections[section["name"]] = section | {"offset": end}
            end += section_size(section)
        found = os.fstat(self.handle.fileno())
        if found.st_size != end:
            raise ArrayFileError(f"{path.name} has {found.st_size} bytes, its header says {end}")
        if found.st_mtime_ns != header["modified"]:
            check(self.handle, path.name)
            with suppress(OSError):  # so that the next one need not verify it again
                os.utime(path, ns=(header["modified"], header["modified"]))
        self._modified = os.fstat(self.handle.fileno()).st_mtime_ns

    @property
    def touched(self) -> bool:
        """Whether something has written to the file since it was opened: then open it anew."""
        return os.fstat(self.handle.fileno()).st_mtime_ns != self._modified

    def verify(self) -> None:
        """Read the file in full; raises `ArrayFileError` where it is not what was written."""
        # Through a handle of its own, as reading moves a handle's position. A file that was
        # deleted meanwhile, or can no longer be opened, will not be used by others either.
        with suppress(OSError), self.path.open("rb", buffering=0) as handle:
            check(handle, self.path.name)

    def array(self, name: str) -> Array:
        """Return an array; a large one is mapped, and costs memory only where it is read.

        Raises `ArrayFileError` where the file was cut off since it was opened.
        """
        section = self._section(name)
        if section_size(section) > MOST_IN_MEMORY:
            return self._mapped(section)
        found = np.empty(section["shape"], section["dtype"])
        if found.size:
            self._read_into(found.reshape(-1).view(np.uint8).data, section["offset"])
        found.flags.writeable = False
        return found

    def rows(self, name: str, *, scanned: bool) -> Rows:
        """Return the reader of a float32 array (N, D), all of which is `scanned` by every query:
        then as `array`; or else of a few rows at a time, which are not to stay in memory."""
        section = self._section(name)
        if scanned and section_size(section) <= MOST_IN_MEMORY:
            return MemoryRows(self.array(name))
        return FileRows(self.handle, self._mapped(section), section["offset"])

    def _mapped(self, section: dict[str, Any]) -> Array:
        shape = tuple(section["shape"])
        if 0 in shape:
            return np.empty(shape, section["dtype"])  # of nothing there is no mapping
        try:
            mapped = np.memmap(self.handle, section["dtype"], "r", section["offset"], shape)
        except ValueError as error:  # longer than the file
            raise ArrayFileError(f"{self.path.name} was cut off") from error
        return mapped.view(np.ndarray)

    def _read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` from here on; for whoever opens the file, as it moves the position."""
        self.handle.seek(offset)
        while target and (count := self.handle.readinto(target)):
            target = target[count:]
        if target:
            raise ArrayFileError(f"{self.path.name} was cut off")

    def _section(self, name: str) -> dict[str, Any]:
        if name not in self._sections:
            raise ArrayFileError(f"{self.path.name} has no array {name!r}")
        return self._sections[name]


def read_header(data: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object of a header; raises `ArrayFileError` where anything is off."""
    if len(data) != HEADER_BYTES:
        raise ArrayFileError(f"{name} is shorter than a header")
    magic, version, length, checksum = PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise ArrayFileError(f"{name} is not an array file")
    if version != VERSION:
        raise ArrayFileError(f"{name} is of version {version}, expected {VERSION}")
    text = data[PREFIX.size : PREFIX.size + length]
    if len(text) != length or zlib.crc32(text) != checksum:
        raise ArrayFileError(f"{name} has a damaged header")
    header: dict[str, Any] = json.loads(text)
    return header


def check(handle: FileIO, name: str) -> None:
    """Read a file from `handle` in full; raises `ArrayFileError` where checksums do not agree."""
    try:
        handle.seek(0)
        for section in read_header(handle.read(HEADER_BYTES), name)["arrays"]:
            left, checksum = section_size(section), 0
            while data := handle.read(min(left, READ_BYTES)):
                left, checksum = left - len(data), zlib.crc32(data, checksum)
            if left or checksum != section["checksum"]:
                raise ArrayFileError(
                    f"{name} is damaged: other {section['name']} than were written"
                )
    except OSError as error:
        raise ArrayFileError(f"{name} cannot be read: {error}") from error


def section_size(section: dict[str, Any]) -> int:
    return math.prod(section["shape"]) * np.dtype(section["dtype"]).itemsize


def remove_abandoned(folder: Path) -> None:
    """Delete what killed processes left half-written in `folder`."""
    for path in folder.glob(f"*{TEMPORARY}"):
        with suppress(OSError):  # somebody else was faster, or it is still open on Windows
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in `folder`, which is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
