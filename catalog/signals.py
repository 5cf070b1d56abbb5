"""What goes with an image row when it is deleted."""

from functools import partial
from typing import Any

from django.db import transaction

from .imports.storage import release


def delete_stored_files(instance: Any, **_signal: Any) -> None:
    """Delete the picture's file and thumbnails once the row is really gone.

    After the commit, so that a rolled-back deletion loses nothing; never a file that was in the
    storage before the import.
    """
    transaction.on_commit(
        partial(
            release,
            name=instance.file.name,
            sha256=instance.sha256,
            external=instance.external,
        ),
        robust=True,
    )
