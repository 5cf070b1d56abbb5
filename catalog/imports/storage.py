"""Pictures' files in the configured storage: how they get there, and when they go."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from ..files.media import facts_of, local_path, renew, replacing, save_beside
from ..files.thumbnails import delete_renditions
from ..models import Collection, Image
from ..trouble.storage import writing_failed

# `check_files` takes a file of an hour without a row for a leftover: one that is half as old may be
# used for a new row all the same.
REUSABLE_SECONDS = 1800

logger = logging.getLogger(__name__)


class FileChanged(Exception):
    """The original has changed since it was read."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file on this machine whose content was read, and what it was at that moment."""

    path: Path
    stamp: tuple[int, ...]


def stamp_of(status: os.stat_result) -> tuple[int, ...]:
    """What tells one state of one file from any other: device, inode, size, time of change."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def put(
    *, content: bytes, name: str, original: Original | None = None, unclaimed: bool = False
) -> None:
    """`store` what was read; raises `FileChanged`, and `StorageAway` where no file is taken."""
    try:
        store(content=content, name=name, original=original, unclaimed=unclaimed)
    except FileChanged:
        raise
    # Storage back ends raise errors of their own. The original was read: it is not to blame.
    except Exception as error:
        logger.info("The storage refused %s", name, exc_info=error)
        raise writing_failed(error) from error


def store(
    *, content: bytes, name: str, original: Original | None = None, unclaimed: bool = False
) -> str:
    """Make the storage hold `content` under the content-addressed `name`; return its name there.

    On this machine's disk the original is hard-linked where the file system allows it, else
    copied; a name never shows a half-written file, and what it had before is replaced as a whole.
    `unclaimed`: no row has the name yet, so what is there already has to count as new, or
    `check_files` would delete it before the row is written. Raises `FileChanged` where the original
    is not what was read any more, and whatever the storage raises.
    """
    path = local_path(name)
    if path is not None:
        store_locally(content=content, path=path, name=name, original=original)
        if unclaimed:
            renew(path)
        return name
    if default_storage.exists(name):
        # Left by a killed run: an upload is there as a whole or not at all.
        facts = facts_of(name, default_storage)
        if facts.size == len(content) and not (unclaimed and facts.age > REUSABLE_SECONDS):
            return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))


def store_locally(*, content: bytes, path: Path, name: str, original: Original | None) -> None:
    if holds(path, content, original):
        return
    with replacing(path) as fresh:
        if original is None or not link(original, fresh):
            save_beside(content, name=name, fresh=fresh)


def holds(path: Path, content: bytes, original: Original | None) -> bool:
    """Tell whether the file at `path` is the original itself, or has exactly this content."""
    try:
        status = path.stat()
        if original is not None and stamp_of(status) == original.stamp:
            return True
        return status.st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def link(original: Original, path: Path) -> bool:
    """Hard-link the original to `path`; False where that is impossible and a copy is needed.

    Raises `FileChanged` where another file than the one that was read has been linked.
    """
    try:
        # The real path: a link to a symbolic link would hang on its target's name.
        os.link(original.path.resolve(), path)
    except OSError:
        return False
    if stamp_of(path.stat()) != original.stamp:
        raise FileChanged
    return True


def release(*, name: str, sha256: str, external: bool) -> None:
    """Delete what a row that is gone or has a new picture leaves: thumbnails, and its file.

    Done after the commit, so that a rolled-back change loses nothing; an error is logged, and
    stops nobody. Both stay where another row has them (a twin, or a row of a renamed collection,
    whose successor has the same addresses); a file that was in the storage before the import
    always stays.
    """

    # Not a `partial`: Django's log of an error wants the function's name.
    def delete() -> None:
        # Collection by collection, so that the index on (collection, sha256) answers.
        same = Image.objects.filter(collection__in=Collection.objects.values("pk"), sha256=sha256)
        if not same.exists():
            delete_renditions(sha256)
        if not external and not same.filter(file=name).exists():
            default_storage.delete(name)

    if name:
        transaction.on_commit(delete, robust=True)
