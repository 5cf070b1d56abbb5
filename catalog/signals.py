"""What goes with an image row when it is deleted."""

from typing import Any

from .imports.storage import release


def delete_stored_files(instance: Any, **_signal: Any) -> None:
    """Delete the picture's file and thumbnails once the row is really gone.

    Never a file that was in the storage before the import.
    """
    release(name=instance.file.name, sha256=instance.sha256, external=instance.external)
