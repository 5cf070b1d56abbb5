"""The disks that the system writes to."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from work.room import Room

from .files.media import local_path


def disks() -> Iterator[Room]:
    """Yield the disk of each folder that is written to, once; a bucket has none."""
    seen: set[int] = set()
    for folder in (local_path("images"), settings.SIS_VAR_DIR):
        disk = existing(folder) if folder else None
        if disk is None or (number := disk.stat().st_dev) in seen:
            continue
        seen.add(number)
        usage = shutil.disk_usage(disk)
        # What is free to us, which can be less than what is not used.
        yield Room(_("Disk of %(path)s") % {"path": disk}, usage.total - usage.free, usage.total)


def existing(folder: Path) -> Path | None:
    """Return the folder, or the nearest above it that is there."""
    return next((path for path in (folder, *folder.parents) if path.exists()), None)
