"""Files without rows and rows without files: found, told, and removed where that is wanted.

Names are compared by their hashes, 8 bytes each, so that millions of files need little memory and
no query each; a name whose hash another one has by accident is left alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from ..querysets import in_parts
from ..trouble.reasons import of_storage, reason
from .filesets import FileSet, Owner
from .media import facts_of

# Waiting for a bucket takes threads, not cores.
THREADS = 8
BATCH = 500

Hashes = npt.NDArray[np.int64]


@dataclass
class FileReport:
    """What was found of one set. `young` files were left alone; `unmended` is what still is wrong.

    `lost` are rows without their files; `refused` says that they were not deleted, because not a
    single file was there.
    """

    files: int = 0
    leftovers: int = 0
    bytes: int = 0
    deleted: int = 0
    young: int = 0
    lost: list[Owner] = field(default_factory=list)
    rows_deleted: int = 0
    refused: bool = False
    interrupted: bool = False

    @property
    def unmended(self) -> int:
        return self.leftovers - self.deleted + len(self.lost) - self.rows_deleted


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that no row names; `problem` says why it could not be deleted."""

    name: str
    size: int
    young: bool = False
    deleted: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be done with what is found. Files younger than `min_age` are being written."""

    delete: bool = False
    delete_rows: bool = False
    min_age: timedelta = timedelta(hours=1)


class FileCheck:
    """Compares the files of one set with its rows."""

    def __init__(
        self,
        files: FileSet,
        wishes: Wishes,
        *,
        on_finding: Callable[[Leftover | Owner], None] = lambda finding: None,
        on_progress: Callable[[int], None] = lambda number: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.files, self.wishes, self.storage = files, wishes, files.storage
        self.on_finding, self.on_progress, self.should_stop = on_finding, on_progress, should_stop
        self.report = FileReport()

    def run(self) -> FileReport:
        """Look at every file, then at every row. Raises whatever the storage raises."""
        with ThreadPoolExecutor(THREADS) as self.pool:
            seen = self.look_at_files(np.unique(hashed(self.files.named())))
            if not self.report.interrupted:
                self.look_at_rows(seen)
        if self.wishes.delete_rows and self.report.lost and not self.report.interrupted:
            self.delete_rows()
        return self.report

    def look_at_files(self, named: Hashes) -> Hashes:
        """Find the leftovers; returns the hashes of all files."""
        seen = [np.empty(0, dtype=np.int64)]
        for names in self.parts():
            found = hashed(names)
            seen.append(found)
            if self.files.files_without_rows:
                known = contains(named, found)
                self.settle([n for n, is_known in zip(names, known, strict=True) if not is_known])
            self.report.files += len(names)
            self.on_progress(len(names))
        return np.unique(np.concatenate(seen))

    def parts(self) -> Iterator[Sequence[str]]:
        for folder in self.files.listing():
            for names in in_parts(folder):
                if self.stops():
                    return
                yield names

    def settle(self, names: list[str]) -> None:
        """Tell of, or delete, those of these files that no row has got since the rows were read."""
        if not names:
            return
        # In this order: a row that comes after this look is of a file that is young.
        named = self.files.still_named(names)
        rest = [name for name in names if name not in named]
        for finding in self.pool.map(self.judge, rest):
            if finding is None:
                continue
            if finding.young:
                self.report.young += 1
                continue
            self.report.leftovers += 1
            self.report.bytes += finding.size
            self.report.deleted += finding.deleted
            self.on_finding(finding)

    def judge(self, name: str) -> Leftover | None:
        """Look at one file, in a thread, and delete it where that is wanted."""
        try:
            facts = facts_of(name, self.storage)
        except FileNotFoundError:
            return None
        if facts.age < self.wishes.min_age.total_seconds():
            return Leftover(name, facts.size, young=True)
        if not self.wishes.delete:
            return Leftover(name, facts.size)
        try:
            self.storage.delete(name)
        except Exception as error:
            if not of_storage(error):
                raise
            return Leftover(name, facts.size, problem=reason(error))
        return Leftover(name, facts.size, deleted=True)

    def look_at_rows(self, seen: Hashes) -> None:
        before = timezone.now() - self.wishes.min_age
        owners = self.files.owners()
        while batch := list(islice(owners, BATCH)):
            if self.stops():
                return
            known = contains(seen, hashed([owner.file for owner in batch]))
            missing = [
                owner
                for owner, is_known in zip(batch, known, strict=True)
                if not is_known and (owner.since is None or owner.since < before)
            ]
            there = self.pool.map(self.storage.exists, [owner.file for owner in missing])
            self.report.lost += [o for o, found in zip(missing, there, strict=True) if not found]
        # Only now: SQLite shows a reader that is not at its end the rows of when it began.
        still: set[str] = set()
        for part in in_parts(self.report.lost):
            still |= self.files.still_named([owner.file for owner in part])
        self.report.lost = [owner for owner in self.report.lost if owner.file in still]
        for owner in self.report.lost:
            self.on_finding(owner)

    def delete_rows(self) -> None:
        # A disk that is not mounted, or another bucket, must not empty the catalogue.
        self.report.refused = not self.report.files
        if not self.report.refused:
            self.report.rows_deleted = self.files.delete_rows(self.report.lost)

    def stops(self) -> bool:
        self.report.interrupted = self.report.interrupted or self.should_stop()
        return self.report.interrupted


def hashed(names: Iterable[str]) -> Hashes:
    return np.fromiter(map(hash, names), np.int64)


def contains(known: Hashes, asked: Hashes) -> npt.NDArray[np.bool_]:
    """Tell which of the values that are asked for are among the known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(asked), dtype=np.bool_)
    places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return known[places] == asked
