"""After an upgrade: which pictures the new release reads otherwise, so that their vectors go.

A file's bytes do not change, but what they are taken to mean may: `pixels.READING` counts the
rules. Every row says by which it was last looked at; those of an earlier one are looked at once,
by their headers, and where the pixels are other ones now, every vector is marked as outdated.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from django.core.files.storage import Storage
from django.db import transaction

from .kept_rows import mark_outdated
from .models import Image
from .pixels import READING, for_collections, is_read_otherwise
from .querysets import ImageQuerySet, in_parts

NOTE = " (other pixels since)"


def ids_of_earlier_readings(images: ImageQuerySet) -> list[int]:
    """Return the primary keys of the images that an earlier reading made."""
    return list(images.filter(reading__lt=READING).order_by("pk").values_list("pk", flat=True))


def look_again(
    *,
    ids: Sequence[int],
    on_progress: Callable[[int], None] = lambda number: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Look at the files of these images by the present rules; returns how many differ.

    Committed part by part, so that what is interrupted goes on where it was. Files that cannot be
    had now are left for another time.
    """
    outdated = 0
    storage = Image._meta.get_field("file").storage
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for part in in_parts(ids):
            if should_stop():
                break
            rows = Image.objects.filter(pk__in=part).values_list("pk", "file")
            seen = pool.map(lambda row: (row[0], differs(row[1], storage)), rows)
            found = {pk: other for pk, other in seen if other is not None}
            others = [pk for pk, other in found.items() if other]
            with transaction.atomic():
                mark_outdated(others, note=NOTE)
                Image.objects.filter(pk__in=found).update(reading=READING)
            outdated += len(others)
            on_progress(len(part))
    return outdated


def differs(name: str, storage: Storage) -> bool | None:
    """Tell whether the file has other pixels now; None where it cannot be had."""
    try:
        with storage.open(name) as file:
            content = file.read()  # as a whole: what fails later is the picture's own fault
        return is_read_otherwise(BytesIO(content), for_collections())
    # Storages raise errors of their own kinds. Extraction, which comes next, says what is wrong.
    except Exception:
        return None
