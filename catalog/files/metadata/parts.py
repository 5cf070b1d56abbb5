"""A file to be served as a list of parts: new bytes, and stretches of the file that is there."""

from collections.abc import Iterator
from typing import BinaryIO

PIECE = 64 * 1024
# Of segments, chunks or blocks: more than any camera or editor writes, few enough to walk through.
MOST = 100_000


class NotUnderstood(ValueError):
    """The file is not built as its format says."""


class Parts:
    """Bytes, and stretches (start, stop) of a file; stretches that meet are one."""

    def __init__(self) -> None:
        self.items: list[bytes | tuple[int, int]] = []

    def keep(self, start: int, stop: int) -> None:
        last = self.items[-1] if self.items else b""
        if isinstance(last, tuple) and last[1] == start:
            self.items[-1] = (last[0], stop)
        elif stop > start:
            self.items.append((start, stop))

    def add(self, content: bytes) -> None:
        self.items.append(content)


def length(parts: Parts) -> int:
    return sum(len(item) if isinstance(item, bytes) else item[1] - item[0] for item in parts.items)


def read(file: BinaryIO, parts: Parts) -> Iterator[bytes]:
    """Yield the content, at most `PIECE` bytes at a time."""
    for item in parts.items:
        if isinstance(item, bytes):
            yield item
            continue
        start, stop = item
        file.seek(start)
        while start < stop:
            piece = file.read(min(PIECE, stop - start))
            if not piece:
                raise OSError("the file became shorter while it was read")
            start += len(piece)
            yield piece


def bytes_at(file: BinaryIO, position: int, number: int) -> bytes:
    """Read exactly `number` bytes; raises `NotUnderstood` where the file ends before."""
    file.seek(position)
    found = file.read(number)
    if len(found) < number:
        raise NotUnderstood("the file ends early")
    return found


def counted() -> Iterator[int]:
    """Count the steps of a walk through a file; raises `NotUnderstood` after `MOST`."""
    yield from range(MOST)
    raise NotUnderstood("the file has too many parts")
