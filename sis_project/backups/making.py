"""A backup is made: the files that rows name, the database, and the files that came meanwhile."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.files.aliases import originals_and_queries, storage_holding
from catalog.files.filesets import FileSet, file_sets

from .database import SUFFIX, copy_database, engine
from .folder import BackupError, Folder, Kept, Manifest, locked, sha256_of, write


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a backup. `copied` files are new in it."""

    manifest: Manifest
    copied: int


class BackupInterrupted(Exception):
    """It was asked to stop. What was copied stays, and the backup before is whole."""


def make_backup(
    *,
    root: Path,
    on_file: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Made:
    """Back up database and files into a folder, which may hold the backup before.

    First the files that rows name, then the database as it is at one moment, then the files that
    came meanwhile: of every row in the copy, the file is there, unless row and file were deleted
    since, which a restore finds out. The manifest comes last, so that the folder holds the backup
    before until this one is whole. Raises `BackupError`, `BackupInterrupted`, and whatever a full
    disk or a storage raises.
    """
    kind, folder = engine(), Folder(root)
    when = datetime.now(UTC)
    stamp = f"{when:%Y%m%dT%H%M%S%f}"
    root.mkdir(parents=True, exist_ok=True)
    with locked(root):
        copying = Copying(folder, on_file, should_stop)
        copying.copy_named()
        database = root / f"database-{stamp}{SUFFIX[kind]}"
        copy_database(database)
        copying.copy_named()
        kept = copying.kept
        files = root / f"files-{stamp}.jsonl"
        write(files, "".join(f"{json.dumps(asdict(one))}\n" for one in kept.values()).encode())
        manifest = Manifest(
            created_at=when.isoformat(),
            version=settings.SIS_VERSION,
            engine=kind,
            database=database.name,
            database_sha256=sha256_of(database),
            files=files.name,
            count=len(kept),
            size=sum(entry.size for entry in kept.values()),
            missing=copying.missing,
        )
        folder.publish(manifest)
        folder.prune({entry.sha256 for entry in kept.values()})
    return Made(manifest, copying.copied)


class Copying:
    """Copies files into a folder, each once. `kept` is by name.

    A file's name is its content's, or a number that no other file gets: what the backup before has
    under the same name is the same.
    """

    def __init__(
        self, folder: Folder, on_file: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> None:
        self.folder, self.on_file, self.should_stop = folder, on_file, should_stop
        before = folder.manifest()
        self.known = {one.name: one for one in folder.entries(before)} if before else {}
        self.kept: dict[str, Kept] = {}
        self.copied = 0
        self.missing: list[str] = []

    def copy_named(self) -> None:
        """Copy what rows name now and is not kept yet."""
        self.missing = []
        for name in named_files():
            if self.should_stop():
                raise BackupInterrupted
            if name in self.kept:
                continue
            try:
                self.kept[name] = self.known_copy(name) or self.new_copy(name)
            except FileNotFoundError:
                self.missing.append(name)
            else:
                self.on_file(1)

    def known_copy(self, name: str) -> Kept | None:
        same = self.known.get(name)
        return same if same and self.folder.holds(same) else None

    def new_copy(self, name: str) -> Kept:
        with storage_holding(name).open(name) as source:
            made = self.folder.keep(name, source)
        self.copied += 1
        return made


def named_files() -> Iterator[str]:
    """Yield the names of the files in the storage that rows cannot do without."""
    for files in stored_file_sets():
        for owner in files.owners():
            yield owner.file


def stored_file_sets() -> Iterator[FileSet]:
    for kind in file_sets:
        files = kind()
        if any(files.storage is one for one in originals_and_queries()):
            yield files


def checked_folder(root: Path) -> Path:
    """Return an absolute folder; raises `BackupError` for one inside of what is backed up."""
    found, var = root.resolve(), settings.SIS_VAR_DIR
    if found == var or var in found.parents:
        text = _("%(path)s lies in %(var)s, which a backup is to outlive: choose another folder.")
        raise BackupError(text % {"path": found, "var": var})
    return found
