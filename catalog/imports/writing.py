"""Changes -> rows. Everything an import writes to the database is written here.

One call is one transaction: from one state that the constraints allow to another, whatever names
rows exchange in between.
"""

from collections.abc import Sequence

from ..kept_rows import forget_rows
from ..models import Collection, Image
from ..names import folded
from ..pixels import READING
from ..querysets import ImageQuerySet, in_parts
from ..twins import copy_vectors
from ..vectorstore import CLEARED_COLUMN
from .holdings import Found, Known
from .reconciling import Change, Verdict
from .storage import release


class RowGone(Exception):
    """A row is not what it was when it was read."""


def write(slug: str, batch: Sequence[Change]) -> None:
    """Write the changes to collection `slug`, which is made if it is new.

    To be called in a transaction. Raises `IntegrityError` or `RowGone` where the rows changed
    since they were read.
    """
    if not batch:
        return
    # Not kept: a rolled-back transaction takes the new collection with it.
    collection, _created = Collection.objects.get_or_create(slug=slug)
    of = {verdict: [c for c in batch if c.verdict is verdict] for verdict in Verdict}
    remove([change.known for change in of[Verdict.OVERTAKEN] if change.known])
    move(of[Verdict.MOVED])
    added = Image.objects.bulk_create([new_row(collection, change) for change in of[Verdict.ADDED]])
    with_twins = [image.pk for image, c in zip(added, of[Verdict.ADDED], strict=True) if c.has_twin]
    for change in of[Verdict.REPLACED]:
        key = replace(change)
        with_twins += [key] if change.has_twin else []
    for change in of[Verdict.UNCHANGED]:
        update(change, touched(change))
    for part in in_parts(with_twins):
        copy_vectors(images=part)


def remove(rows: Sequence[Known]) -> None:
    """Delete rows whose place another took."""
    for row in rows:
        _total, deleted = as_read(row).delete()
        if not deleted.get("catalog.Image"):
            raise RowGone


def move(changes: Sequence[Change]) -> None:
    """Give rows the names of the files that now have their content.

    A row whose name another is to have makes room first, under a name that no file can have:
    uniqueness is checked row by row.
    """
    names = {change.name for change in changes}
    sources = {change.found.source_name for change in changes if change.found}
    for change in changes:
        known = change.known
        if known and (known.name in names or known.source_name in sources):
            update(change, named(f"//{known.pk}", f"//{known.pk}"))
    for change in changes:
        known, found = change.known, change.found
        if known and found:
            aside = known.name in names or known.source_name in sources
            fields = named(change.name, found.source_name) | touched(change)
            update(change, fields, source_name=f"//{known.pk}" if aside else known.source_name)


def named(name: str, source_name: str) -> dict[str, object]:
    return {"name": name, "folded_name": folded(name), "source_name": source_name}


def new_row(collection: Collection, change: Change) -> Image:
    found = looked_at(change)
    return Image(
        collection=collection,
        name=change.name,
        source_name=found.source_name,
        **picture_fields(found),
    )


def replace(change: Change) -> int:
    """Give a row its new picture, and return its key. Its vectors belonged to the old one."""
    key = update(change, picture_fields(looked_at(change)) | CLEARED_COLUMN)
    forget_rows(key)
    return key


def has_moved(known: Known, found: Found) -> bool:
    """Tell whether an object that the storage had before the import has another key now."""
    return known.external and found.external and known.file != found.file


def touched(change: Change) -> dict[str, object]:
    """The date, and where its object lies now, of a file whose content its row has."""
    known, found = change.known, looked_at(change)
    fields: dict[str, object] = {"source_modified": found.source_modified}
    return fields | {"file": found.file} if known and has_moved(known, found) else fields


def update(
    change: Change,
    fields: dict[str, object],
    *,
    source_name: str | None = None,
) -> int:
    """Write to the row as it was read, and return its key; raises `RowGone`.

    `source_name` is what the row is called now, where this transaction renamed it.
    """
    known = change.known
    if known is None or known.pk is None:
        raise RowGone
    if not as_read(known, source_name=source_name).update(**fields):
        raise RowGone
    if "file" in fields:
        release(name=known.file, sha256=known.sha256, external=known.external)
    return known.pk


def as_read(known: Known, *, source_name: str | None = None) -> ImageQuerySet[Image]:
    """Return the row as it was when it was read, if it still is."""
    source_name = source_name or known.source_name
    return Image.objects.filter(pk=known.pk or 0, sha256=known.sha256, source_name=source_name)


def looked_at(change: Change) -> Found:
    if change.found is None:
        raise ValueError(f"{change.name} goes: there is no file to write of")
    return change.found


def picture_fields(found: Found) -> dict[str, object]:
    if found.decoded is None:
        raise ValueError(f"{found.source_name} was not decoded before its row is written")
    return {
        "source_modified": found.source_modified,
        "file": found.file,
        "external": found.external,
        "format": found.decoded.format,
        "width": found.decoded.width,
        "height": found.decoded.height,
        "byte_size": found.byte_size,
        "sha256": found.sha256,
        "reading": READING,
    }
