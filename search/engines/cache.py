"""The cache of the vectors on disk: which file holds, and who may throw away which.

Each file is bound to the database it was read from by a *mark*: a random number that is written
to the database after the vectors were read, as a vector change of an image that cannot exist
(images have positive numbers). A database that has the mark has all that the file was read from,
whatever happened to it later; a back-up made earlier, another database or emptied tables have no
such row. What changed after the file's revision is followed as usual.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from catalog.descriptors import Descriptor
from catalog.models import VectorChange
from catalog.triggers import ADVISORY_LOCK

from ..index.array_file import (
    ArrayFile,
    ArrayFileError,
    ArrayFileWriter,
    is_writable,
    remove_abandoned,
)
from ..index.snapshot import Base, Piece, VectorFileWriter, open_base

VECTORS, CODES = ".vectors", ".codes"
RANDOM_BITS = 46

logger = logging.getLogger(__name__)


class VectorCache:
    """The files of one descriptor's vectors of one model id."""

    def __init__(self, descriptor: Descriptor, model_id: str) -> None:
        self.descriptor, self.model_id = descriptor, model_id
        digest = hashlib.sha256(f"{descriptor.name} {model_id}".encode()).hexdigest()
        self.folder: Path = (
            settings.SIS_VAR_DIR / "cache" / "vectors" / f"{descriptor.name}-{digest[:12]}"
        )
        # Marks of one model are a range of numbers, so that old ones can be told and deleted.
        self._first_mark = int(digest[:4], 16) << RANDOM_BITS

    def usable(self) -> bool:
        """Whether files can be written now; where the folder cannot be, the log says so once."""
        if connection.in_atomic_block:
            return False  # what was read may yet be rolled back, and the mark with it
        if not is_writable(self.folder):
            warn_once(f"{self.folder} cannot be written: searching without a cache of vectors.")
            return False
        return True

    def newest(self) -> tuple[Base, int] | None:
        """Return the vectors of the newest file that holds, and its revision; None without one."""
        # In this order: a mark is left before its file appears, so the files seen here that have
        # none are outdated, not unfinished.
        files = [path for path in self.folder.glob("*-*.*") if path.suffix in {VECTORS, CODES}]
        marks = self._marks()
        found = [path for path in files if path.suffix == VECTORS and mark_of(path) in marks]
        for path in sorted(found, key=lambda path: marks[mark_of(path)], reverse=True):
            try:
                file = ArrayFile(path)
                base = open_base(file, self.descriptor.dim)
                revision, holds = file.facts["revision"], file.facts["model_id"] == self.model_id
            except (ArrayFileError, OSError, KeyError) as error:
                logger.info("%s is not used: %s", path, error)
                continue
            if holds and base.mark == mark_of(path):
                self._prune(base.mark, files, marks)
                return base, revision
        return None

    def new_mark(self) -> int:
        return self._first_mark + 1 + secrets.randbelow(2**RANDOM_BITS - 1)

    def leave_mark(self, mark: int) -> bool:
        """Write a mark to the database; False, and a line in the log, where that fails."""
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    # Numbers must become visible in order: see the triggers.
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
                VectorChange.objects.create(image_id=-mark)
        except DatabaseError as error:
            warn_once(f"The database takes no mark: searching without a cache of vectors ({error})")
            return False
        return True

    def write(
        self, pieces: Iterable[Piece], *, revision: int, mark: int, marked: bool
    ) -> Base | None:
        """Write vectors to a file and return them from there.

        Unless the database is `marked` already, that is done after the last piece was read. None,
        and a line in the log, where disk or database refuse.
        """
        path = self.folder / f"{revision}-{mark:x}{VECTORS}"
        try:
            with ArrayFileWriter(path) as writer:
                vectors = VectorFileWriter(writer, self.descriptor.dim)
                for collection, ids, rows in pieces:
                    vectors.write(collection, ids, rows)
                if not (marked or self.leave_mark(mark)):
                    return None
                vectors.publish({"model_id": self.model_id, "revision": revision, "mark": mark})
            return open_base(ArrayFile(path), self.descriptor.dim)
        except OSError as error:
            warn_once(f"{path.parent} takes no file: searching without a cache ({error})")
            return None

    def _marks(self) -> dict[int, int]:
        """Return this model's marks in the database: the mark, and the number of its change."""
        lowest = -(self._first_mark + 2**RANDOM_BITS)
        rows = VectorChange.objects.filter(image_id__gt=lowest, image_id__lt=-self._first_mark)
        return {-image: seq for image, seq in rows.values_list("image_id", "seq")}

    def _prune(self, mark: int, files: list[Path], marks: dict[int, int]) -> None:
        """Delete those of `files` that are older or do not hold, and the marks older than this."""
        for path in files:
            if marks.get(mark_of(path), -1) < marks[mark]:
                with suppress(OSError):  # Windows keeps open files: the next time, then
                    path.unlink()
        remove_abandoned(self.folder)
        outdated = [-old for old, seq in marks.items() if seq < marks[mark]]
        if outdated and not connection.in_atomic_block:
            with suppress(DatabaseError):
                VectorChange.objects.filter(image_id__in=outdated).delete()


def mark_of(path: Path) -> int:
    """Return the mark that a file's name says; -1 for a name that is not one of ours."""
    try:
        return int(path.stem.partition("-")[2], 16)
    except ValueError:
        return -1


@lru_cache(maxsize=64)
def warn_once(message: str) -> None:
    logger.warning(message)
