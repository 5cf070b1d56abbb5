"""The folder of a backup: contents by their SHA-256, lists, and the manifest that names them."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 2**20


class BackupError(Exception):
    """A backup cannot be made or restored; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the storage as it is kept: its name there, size in bytes, and content."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `engine`: sqlite or postgresql; `database_sha256` of its copy;
    `missing`: names of files that rows had and the storage had not."""

    created_at: str
    version: str
    engine: str
    database: str
    database_sha256: str
    files: str
    count: int
    size: int
    missing: list[str] = field(default_factory=list)
    format: int = FORMAT


class Folder:
    """A folder that holds one backup, the latest that was made in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def manifest(self) -> Manifest | None:
        """Return what it holds; None where it holds no backup. Raises `BackupError` for others."""
        path = self.root / MANIFEST
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if found["format"] != FORMAT:
                raise BackupError(_("%(path)s was made by another release.") % {"path": self.root})
            return Manifest(**found)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError(_("%(path)s is damaged.") % {"path": path}) from error

    def publish(self, manifest: Manifest) -> None:
        """Let this be what the folder holds, and remove what only the one before named."""
        write(self.root / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
        for pattern in ("database-*", "files-*.jsonl"):
            for path in self.root.glob(pattern):
                if path.name not in (manifest.database, manifest.files):
                    path.unlink(missing_ok=True)

    def entries(self, manifest: Manifest) -> Iterator[Kept]:
        """Yield what the manifest lists. Raises `BackupError` where the list is damaged."""
        path = self.root / manifest.files
        count = 0
        try:
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    yield Kept(**json.loads(line))
                    count += 1
        except (ValueError, TypeError, FileNotFoundError) as error:
            raise BackupError(_("%(path)s is damaged.") % {"path": path}) from error
        if count != manifest.count:
            raise BackupError(_("%(path)s is damaged.") % {"path": path})

    def place(self, sha256: str) -> Path:
        return self.root / "files" / sha256[:2] / sha256

    def holds(self, kept: Kept) -> bool:
        """Whether the content is there, by its size; `content` looks at every byte."""
        with suppress(OSError):
            return self.place(kept.sha256).stat().st_size == kept.size
        return False

    def keep(self, name: str, source: IO[bytes]) -> Kept:
        """Copy a file's content to its place, whole or not at all; its name is of what was read."""
        (self.root / "files").mkdir(parents=True, exist_ok=True)
        fresh = self.root / "files" / f".{secrets.token_hex(8)}"
        digest, size = hashlib.sha256(), 0
        try:
            with fresh.open("wb") as target:
                while piece := source.read(CHUNK):
                    digest.update(piece)
                    size += len(piece)
                    target.write(piece)
            place = self.place(digest.hexdigest())
            place.parent.mkdir(exist_ok=True)
            fresh.replace(place)
        finally:
            fresh.unlink(missing_ok=True)
        return Kept(name, size, digest.hexdigest())

    def content(self, kept: Kept) -> bytes:
        """Return a file's content. Raises `BackupError` where it is not what was backed up."""
        path = self.place(kept.sha256)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        if hashlib.sha256(data).hexdigest() != kept.sha256:
            text = _("The backup of %(name)s is damaged: %(path)s is not what was copied.")
            raise BackupError(text % {"name": kept.name, "path": path})
        return data

    def prune(self, wanted: set[str]) -> None:
        """Remove contents that the backup does not list, and what a killed one left."""
        for path in (self.root / "files").glob("*/*"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)
        for path in (self.root / "files").glob(".*"):
            path.unlink(missing_ok=True)


@contextmanager
def locked(root: Path, *, to_read: bool = False) -> Iterator[None]:
    """Hold a folder alone, or with others that only read; raises `BackupError` where it is held.

    The lock goes with its process, however that ends.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover (Windows)
        yield
        return
    # The folder itself: to be read from, it need not be written to.
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if to_read else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        text = _("Another backup works in %(path)s.")
        raise BackupError(text % {"path": root}) from error
    finally:
        os.close(handle)


def write(path: Path, content: bytes) -> None:
    """Write a file whole, or leave the one before."""
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
