"""Files in the configured storage: where they lie, and how one gets there as a whole."""

import os
import posixpath
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage


@dataclass(frozen=True, slots=True)
class FileFacts:
    """`size` in bytes; `age`: seconds since the file came to its place, 0 where nobody knows."""

    size: int
    age: float


def local_path(name: str, storage: Storage = default_storage) -> Path | None:
    """Return where `name` lies on this machine's disk; None where the storage is elsewhere."""
    try:
        return Path(storage.path(name))
    except NotImplementedError:
        return None


def facts_of(name: str, storage: Storage) -> FileFacts:
    """Look at a file without reading it; raises whatever the storage raises."""
    path, now = local_path(name, storage), time.time()
    if path is not None:
        status = path.lstat()
        return FileFacts(status.st_size, now - came_at(status, now))
    try:
        modified = storage.get_modified_time(name).timestamp()
    except NotImplementedError:
        modified = now
    return FileFacts(storage.size(name), max(0.0, now - modified))


def came_at(status: os.stat_result, now: float) -> float:
    """Return when a file came to its place: an imported picture has the date of its original, and
    only the change of its number of links tells when it was linked."""
    if status.st_nlink == 1 and status.st_mtime <= now:
        return status.st_mtime
    return max((t for t in (status.st_mtime, status.st_ctime) if t <= now), default=now)


def renew(path: Path) -> None:
    """Let a file count as new that may have been there for long; its content and date, which may be
    those of somebody's original, stay."""
    if came_at(path.stat(), time.time()) > time.time() - 60:
        return
    if path.stat().st_nlink == 1:
        os.utime(path)
        return
    link = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        os.link(path, link)
    finally:
        link.unlink(missing_ok=True)


def walk(folder: str, storage: Storage) -> Iterator[list[str]]:
    """Yield the names of all files below a folder, hidden ones too, folder by folder.

    A folder that is not there is empty; raises whatever else the storage raises.
    """
    entered: set[Path] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        path = local_path(current, storage)
        if path is not None:  # links may lead in circles
            if (real := path.resolve()) in entered:
                continue
            entered.add(real)
        with suppress(FileNotFoundError):
            folders, files = storage.listdir(current)
            # Keys such as "a//b" and "a/../b" are legal in a bucket, and no path leads to them.
            waiting += [posixpath.join(current, f) for f in folders if f not in ("", ".", "..")]
            yield [posixpath.join(current, f) for f in files if f not in ("", ".", "..")]


def write_whole(*, content: bytes, name: str, storage: Storage = default_storage) -> None:
    """Make the storage hold this content under this name, whatever it has there: all of it or none.

    Raises whatever the storage raises.
    """
    path = local_path(name, storage)
    if path is not None:
        with replacing(path) as fresh:
            save_beside(content, name=name, fresh=fresh, storage=storage)
        return
    # An upload is there as a whole or not at all.
    storage.delete(name)
    saved = storage.save(name, ContentFile(content))
    if saved != name:  # somebody else was faster, in a storage that never overwrites
        storage.delete(saved)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a hidden name beside `path` to make a file under; the file then takes its place.

    Never written in place: what lies there may be a hard link to somebody's own picture, and a
    full disk or a killed process would leave half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        # Replacing a file by another link to it does nothing, by the rules of POSIX.
        fresh.unlink(missing_ok=True)


def save_beside(
    content: bytes, *, name: str, fresh: Path, storage: Storage = default_storage
) -> None:
    """Let the storage write the file `fresh`, which lies beside its file `name`."""
    folder = name.rpartition("/")[0]
    storage.save(f"{folder}/{fresh.name}" if folder else fresh.name, ContentFile(content))
