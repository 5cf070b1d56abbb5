"""A backup is put back into an empty place: files first, then the database."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.utils.translation import gettext as _

from catalog.files.aliases import storage_holding
from catalog.files.media import write_whole

from .database import engine, is_empty, restore_database
from .folder import BackupError, Folder, Manifest, locked, sha256_of
from .making import stored_file_sets


@dataclass
class Restored:
    """What was put back: `written` files were not there yet; `left_out` counts rows that were
    deleted, with their files, while the backup was made."""

    manifest: Manifest
    written: int = 0
    left_out: int = 0


class RestoreInterrupted(Exception):
    """It was asked to stop; run again, it goes on."""


def restore_backup(
    *,
    root: Path,
    on_file: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Restored:
    """Put back what a folder holds, where the database has no tables yet.

    The database comes last: until then a restore that was interrupted is run again, and writes only
    the files that are not there. Every content is compared with its SHA-256. A backup of an earlier
    release is brought up to date by `migrate`. Raises `BackupError`, `RestoreInterrupted`, and
    whatever a full disk or a storage raises.
    """
    folder = Folder(root)
    manifest = folder.manifest()
    if manifest is None:
        raise BackupError(_("There is no backup in %(path)s.") % {"path": root})
    if manifest.engine != engine():
        text = _(
            "The backup is of %(theirs)s and this database is %(ours)s. Restore it into "
            "%(theirs)s, then use dumpdata and loaddata."
        )
        raise BackupError(text % {"theirs": manifest.engine, "ours": engine()})
    if not is_empty():
        raise BackupError(
            _("The database has tables already: restore into an empty one, before “migrate”.")
        )
    database = root / manifest.database
    if not database.exists() or sha256_of(database) != manifest.database_sha256:
        raise BackupError(_("%(path)s is damaged.") % {"path": database})
    restored = Restored(manifest)
    known = set(manifest.missing)
    with locked(root, to_read=True):
        for kept in folder.entries(manifest):
            if should_stop():
                raise RestoreInterrupted
            storage = storage_holding(kept.name)
            # A file is written whole or not at all.
            if not (storage.exists(kept.name) and storage.size(kept.name) == kept.size):
                write_whole(content=folder.content(kept), name=kept.name, storage=storage)
                restored.written += 1
            known.add(kept.name)
            on_file(1)
        restore_database(database)
    call_command("migrate", interactive=False, verbosity=0)
    restored.left_out = leave_out(known)
    return restored


def leave_out(known: set[str]) -> int:
    """Delete the rows whose files the backup does not know; returns how many."""
    left_out = 0
    for files in stored_file_sets():
        gone = [owner for owner in files.owners() if owner.file not in known]
        left_out += files.delete_rows(gone) if gone else 0
    return left_out
