"""What goes with an image row when it is deleted."""

from typing import Any

from django.db import transaction
from easy_thumbnails.files import get_thumbnailer


def delete_stored_files(instance: Any, **_signal: Any) -> None:
    """Delete the picture's file and thumbnails once the row is really gone.

    After the commit, so that a rolled-back deletion loses nothing; never a file that was in the
    storage before the import.
    """

    def delete() -> None:
        get_thumbnailer(instance.file).delete_thumbnails()
        if not instance.external:
            instance.file.storage.delete(instance.file.name)

    transaction.on_commit(delete, robust=True)
