"""The cache of what engines search, on disk: which file holds, and who may throw away which.

Each file is bound to the database it was read from by a *mark*: a random number that is written
to the database after the vectors were read (`VectorFile`), and that the file's name carries. A
database that has the mark has all that the file was read from, whatever happened to it later; a
back-up made earlier, another database or an emptied one has no such row. What changed after the
row's revision is followed as usual.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from django.conf import settings
from django.db import DatabaseError, connection

from catalog.descriptors import PictureDescriptor
from catalog.locks import Locked, at_once

from ..index.array_file import (
    ArrayFile,
    ArrayFileError,
    ArrayFileWriter,
    is_writable,
    remove_abandoned,
)
from ..models import VectorFile
from .reading import last_change

VECTORS, CODES = ".vectors", ".codes"

logger = logging.getLogger(__name__)


class Cached(Protocol):
    """What an engine makes of a file: a dataclass, with the file's mark."""

    @property
    def mark(self) -> int | None: ...


Cacheable = TypeVar("Cacheable", bound=Cached)


class VectorCache(Generic[Cacheable]):
    """The files of what one descriptor describes images by, of one model id.

    `opened` makes of a file what an engine searches; it raises `ArrayFileError` for one that is
    not of the right kind.
    """

    def __init__(
        self, descriptor: PictureDescriptor, model_id: str, opened: Callable[[ArrayFile], Cacheable]
    ) -> None:
        self.descriptor, self.model_id, self.opened = descriptor, model_id, opened
        self.folder = root() / folder_name(descriptor.name, model_id)

    def usable(self) -> bool:
        """Whether files can be written now; where the folder cannot be, the log says so once."""
        if connection.in_atomic_block:
            return False  # what was read may yet be rolled back, and the mark with it
        if not is_writable(self.folder):
            warn_once(f"{self.folder} cannot be written: searching without a cache of vectors.")
            return False
        return True

    def newest(self) -> tuple[Cacheable, int] | None:
        """Return the vectors of the newest file that holds, and its revision; None without one.

        Files that are damaged are deleted, and the log says so.
        """
        # In this order: a mark is left before its file appears, so the files seen here that have
        # none are outdated, not unfinished. And a row's revision is a change that was there before
        # the row: above the last one, changes were emptied or restored without the rows.
        files = [path for path in self.folder.glob("*-*.*") if path.suffix in {VECTORS, CODES}]
        rows = list(VectorFile.objects.of(self.descriptor.name, self.model_id))
        last, _ = last_change(None)
        self._disown([row for row in rows if row.revision > last], files)
        rows = [row for row in rows if row.revision <= last]
        paths = {mark_of(path): path for path in files if path.suffix == VECTORS}
        for place, row in enumerate(rows):
            base = self._opened(paths[row.mark], row.mark) if row.mark in paths else None
            if base is not None:
                self._prune(files, kept=rows[: place + 1], outdated=rows[place + 1 :])
                return base, row.revision
        return None

    def new_mark(self) -> int:
        return 1 + secrets.randbelow(2**63 - 1)

    def leave_mark(self, mark: int, revision: int) -> bool:
        """Write a mark to the database; False, and a line in the log, where that fails.

        Raises `Locked` where another process writes to the database: no search waits for that.
        """
        try:
            with at_once():
                VectorFile.objects.create(
                    descriptor=self.descriptor.name,
                    model_id=self.model_id,
                    revision=revision,
                    mark=mark,
                )
        except DatabaseError as error:
            warn_once(f"The database takes no mark: searching without a cache of vectors ({error})")
            return False
        return True

    def write(
        self,
        fill: Callable[[ArrayFileWriter], dict[str, Any]],
        *,
        revision: int,
        mark: int,
        marked: bool,
    ) -> Cacheable | None:
        """Let `fill` write arrays to a file and say their facts; return what is opened from there.

        Unless the database is `marked` already, that is done after all was read; where it takes
        no mark, the file loses its name again and serves this process alone. None, and a line in
        the log, where the disk refuses.
        """
        path = self.folder / file_name(revision, mark, VECTORS)
        try:
            with ArrayFileWriter(path) as writer:
                facts = fill(writer)
                marked = marked or self._left_mark(mark, revision)
                writer.publish({**facts, "mark": mark})
            base = self.opened(ArrayFile(path))
        except (OSError, ArrayFileError) as error:
            warn_once(f"{path.parent} takes no file: searching without a cache ({error})")
            return None
        if marked:
            return base
        delete([path])  # what is open stays readable
        return replace(base, mark=None, files=())  # type: ignore[type-var]  # all are dataclasses

    def discard(self, path: Path, reason: Exception) -> bool:
        """Delete a damaged file and the one beside it; False where they are still there."""
        logger.error("A cache of vectors is deleted, and read from the database: %s", reason)
        files = [path.with_suffix(suffix) for suffix in (VECTORS, CODES)]
        delete(files)
        return not any(file.exists() for file in files)

    def _left_mark(self, mark: int, revision: int) -> bool:
        try:
            return self.leave_mark(mark, revision)
        except Locked:
            return False

    def _opened(self, path: Path, mark: int) -> Cacheable | None:
        """Return what a file holds; None where it does not, and the log says why."""
        try:
            base = self.opened(ArrayFile(path))
            if base.mark == mark:
                return base
            self.discard(path, ArrayFileError(f"{path.name} has the mark {base.mark:x}"))
        except ArrayFileError as error:
            self.discard(path, error)
        except OSError as error:  # deleted meanwhile, or not to be opened now: it may be later
            logger.info("%s is not used: %s", path, error)
        return None

    def _prune(
        self, files: list[Path], *, kept: list[VectorFile], outdated: list[VectorFile]
    ) -> None:
        """Delete the outdated marks, and those of `files` that have none that is kept."""
        marks = {row.mark for row in kept}
        delete(path for path in files if mark_of(path) not in marks)
        remove_abandoned(self.folder)
        self._forget(outdated)

    def _disown(self, rows: list[VectorFile], files: list[Path]) -> None:
        """Delete marks that must never be believed, and their files: one of both will do."""
        marks = {row.mark for row in rows}
        delete(path for path in files if mark_of(path) in marks)
        self._forget(rows)

    def _forget(self, rows: list[VectorFile]) -> None:
        if rows and not connection.in_atomic_block:
            with suppress(DatabaseError, Locked), at_once():  # the next time, then
                VectorFile.objects.filter(pk__in=[row.pk for row in rows]).delete()


def root() -> Path:
    """Return the folder of all caches of vectors."""
    folder: Path = settings.SIS_VAR_DIR / "cache" / "vectors"
    return folder


def folder_name(descriptor: str, model_id: str) -> str:
    digest = hashlib.sha256(f"{descriptor} {model_id}".encode()).hexdigest()
    return f"{descriptor}-{digest[:12]}"


def file_name(revision: int, mark: int, suffix: str) -> str:
    return f"{revision}-{mark:x}{suffix}"


def mark_of(path: Path) -> int:
    """Return the mark that a file's name says; -1 for a name that is not one of ours."""
    try:
        return int(path.stem.partition("-")[2], 16)
    except ValueError:
        return -1


def delete(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):  # a read-only folder; Windows keeps open files: the next time, then
            file.unlink()


@lru_cache(maxsize=64)
def warn_once(message: str) -> None:
    logger.warning(message)
