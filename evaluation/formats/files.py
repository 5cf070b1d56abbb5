"""Bytes of ground-truth files out of a folder or an archive, within limits. Pure, no Django.

Nothing is ever written: an archive is read as a stream, and of a member's path only the base name
is used, so a path that climbs out of its folder has nowhere to go.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from catalog.names import canonical

from .phrases import Phrase
from .problems import Findings, GroundTruthError, Problem, ProblemCode, unreadable

# The Oxford benchmark has 220 files, 3 KB at most, 90 KB together.
MAX_FILES = 20_000
MAX_FILE_BYTES = 4 * 2**20
MAX_TOTAL_BYTES = 16 * 2**20
# tarfile copies an archive's global headers to every member.
MAX_GLOBAL_HEADERS = 100

_BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, RecursionError)


@dataclass(slots=True)
class Files:
    """Files by base name in composed letters, and what was found on the way."""

    contents: dict[str, bytes] = field(default_factory=dict)
    findings: Findings = field(default_factory=lambda: Findings(GroundTruthError))
    _paths: dict[str, str] = field(default_factory=dict)
    _total: int = 0

    def report(self, file: str, code: ProblemCode, detail: object = "", other: str = "") -> None:
        """Note a problem of a whole file."""
        self.findings.add(Problem(file, None, code, str(detail), other))

    def ignore(self, file: str) -> None:
        """Note a hidden file that was left out."""
        self.findings.warn(Problem(file, None, ProblemCode.IGNORED_FILE))

    def room_for(self, base: str, path: str, size: int, source: str) -> bool:
        """Whether a file of `size` bytes may be read; notes the problem where it may not."""
        if base in self._paths:
            self.report(base, ProblemCode.SAME_FILE_NAME, path, self._paths[base])
        elif size > MAX_FILE_BYTES:
            self.report(base, ProblemCode.TOO_LARGE, MAX_FILE_BYTES)
        elif self._total + size > MAX_TOTAL_BYTES:
            self.report(source, ProblemCode.TOO_LARGE, MAX_TOTAL_BYTES)
        else:
            self._paths[base] = path
            self._total += size
            return True
        return False


class _Limited(io.RawIOBase):
    """A reader that refuses to give more than `limit` bytes.

    Member sizes are checked before members are read, but tar headers of the extended kind have
    a length of their own and would be inflated whole.
    """

    def __init__(self, read: Callable[[int], bytes], limit: int) -> None:
        self._read = read
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        data = self._read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise _TooLargeError
        return data


class _TooLargeError(Exception):
    """The decompressed stream is longer than its limit."""


class _NotGzipError(ValueError):
    """The file does not begin as gzip-compressed ones do."""


class _ManyHeadersError(tarfile.TarError):
    """There are more global headers than any archive of label files has."""


def read_folder(path: Path) -> Files:
    """Return the files that lie directly in a folder, in name order.

    Raises OSError where the folder cannot be listed.
    """
    files = Files()
    for number, entry in enumerate(sorted(path.iterdir())):
        if number >= MAX_FILES:
            files.report(path.name, ProblemCode.TOO_MANY_FILES, MAX_FILES)
            break
        name = canonical(entry.name)
        if name.startswith("."):
            files.ignore(name)
            continue
        try:
            # A named pipe would block the read, so the kind is asked for first.
            if not entry.is_file():
                files.report(name, ProblemCode.NOT_REGULAR)
            elif files.room_for(name, name, entry.stat().st_size, path.name):
                files.contents[name] = entry.read_bytes()
        except OSError as error:
            files.findings.add(unreadable(name, error))
    return files


def read_archive(stream: BinaryIO, name: str) -> Files:
    """Return the files of a gzip-compressed tar archive, in the archive's order.

    `stream` is a binary reader, `name` the archive's base name for messages. Links, devices,
    sparse files, too many or too large members and a broken archive are noted as problems;
    a member that is too large ends the reading, because passing over it would inflate it.
    """
    files = Files()
    # Headers and padding come on top of the contents: 1 KB and a block per member suffice.
    limit = MAX_TOTAL_BYTES + 2048 * MAX_FILES
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as inflated:
            _check_gzip(inflated)
            limited = _Limited(inflated.read, limit)
            with tarfile.open(fileobj=limited, mode="r|", encoding="utf-8") as archive:
                _read_members(archive, files, name)
            # The checksum stands at the end, and tarfile takes some damage for the end.
            while not files.findings.problems and limited.read(2**16):
                pass
    except _TooLargeError:
        files.report(name, ProblemCode.TOO_LARGE, limit)
    except _BROKEN as error:
        files.findings.add(_broken(name, error))
    return files


def _check_gzip(inflated: gzip.GzipFile) -> None:
    try:
        start = inflated.peek(1)
    except gzip.BadGzipFile as error:
        raise _NotGzipError from error
    if not start:
        raise EOFError


def _broken(name: str, error: Exception) -> Problem:
    """Say what is wrong with an archive, or that the disk could not give it."""
    # What gzip raises is an OSError too, without a number.
    if isinstance(error, OSError) and error.errno:
        return unreadable(name, error)
    phrase = Phrase.DAMAGED
    if isinstance(error, EOFError):
        phrase = Phrase.CUT
    elif isinstance(error, _NotGzipError):
        phrase = Phrase.NOT_GZIP
    elif isinstance(error, _ManyHeadersError):
        phrase = Phrase.MANY_HEADERS
    elif isinstance(error, tarfile.TarError):
        phrase = Phrase.NOT_TAR
    return Problem(name, None, ProblemCode.BAD_ARCHIVE, phrase)


def _read_members(archive: tarfile.TarFile, files: Files, source: str) -> None:
    for number, member in enumerate(archive):
        # tarfile would keep every header it has seen; none is needed again.
        archive.members = []  # type: ignore[attr-defined]
        if len(archive.pax_headers) > MAX_GLOBAL_HEADERS:
            raise _ManyHeadersError
        if number >= MAX_FILES:
            files.report(source, ProblemCode.TOO_MANY_FILES, MAX_FILES)
            return
        if member.isdir():
            continue
        base = canonical(PurePosixPath(member.name).name)
        if not member.isreg() or member.issparse():
            files.report(base, ProblemCode.NOT_REGULAR)
        elif base.startswith("."):
            files.ignore(base)
        elif files.room_for(base, member.name, member.size, source):
            reader = archive.extractfile(member)
            files.contents[base] = b"" if reader is None else reader.read()
        elif member.size > MAX_FILE_BYTES:
            return
