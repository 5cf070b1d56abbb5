"""Files in the configured storage: where they lie, and how one gets there as a whole."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def local_path(name: str) -> Path | None:
    """Return where `name` lies on this machine's disk; None where the storage is elsewhere."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def write_whole(*, content: bytes, name: str) -> None:
    """Make the storage hold this content under this name, whatever it has there: all of it or none.

    Raises whatever the storage raises.
    """
    path = local_path(name)
    if path is not None:
        with replacing(path) as fresh:
            save_beside(content, name=name, fresh=fresh)
        return
    # An upload is there as a whole or not at all.
    default_storage.delete(name)
    saved = default_storage.save(name, ContentFile(content))
    if saved != name:  # somebody else was faster, in a storage that never overwrites
        default_storage.delete(saved)


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


def save_beside(content: bytes, *, name: str, fresh: Path) -> None:
    """Let the storage write the file `fresh`, which lies beside its file `name`."""
    folder = name.rpartition("/")[0]
    default_storage.save(f"{folder}/{fresh.name}" if folder else fresh.name, ContentFile(content))
