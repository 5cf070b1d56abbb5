"""What an import knows of its collection: decides what a file becomes, and writes the rows.

Kept in memory, so that thousands of files need no query each; the database's own constraints have
the last word, because another import may write to the same collection at the same time.
"""

import posixpath
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ..models import Collection, Image
from ..vectorstore import CLEARED_COLUMN, forget_rows
from .storage import release

ATTEMPTS = 3


@dataclass
class ImportReport:
    """What an import did: rows added, replaced and left alone, and what did not come in, and why.

    `total` is how many files were found. `duplicates` are (source file, name of the image that
    has the same content), `skipped` are (source file, reason). `stopped` says why the import ended
    early, where the storage or the database would have failed for every further file; else ''.
    """

    total: int = 0
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    interrupted: bool = False
    stopped: str = ""

    def skip(self, source_name: str, reason: str) -> None:
        self.skipped.append((printable(source_name), reason))


@dataclass(frozen=True, slots=True)
class Known:
    """A row of the collection, or one that the current batch will add (`pk` is None)."""

    pk: int | None
    name: str
    source_name: str
    source_modified: datetime | None
    file: str
    external: bool
    byte_size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding told of a picture; width and height in pixels, upright."""

    format: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was looked at. `decoded` is None where its content seemed to be known."""

    source_name: str
    source_modified: datetime | None
    file: str
    external: bool
    byte_size: int
    sha256: str
    decoded: Decoded | None = None


class Verdict(Enum):
    ADDED = auto()
    REPLACED = auto()
    UNCHANGED = auto()
    DUPLICATE = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """A row to write: `known` is the one that is there, None where it is new."""

    verdict: Verdict
    found: Found
    name: str
    known: Known | None


class RowGone(Exception):
    """A row is not what it was when it was read."""


def printable(name: str) -> str:
    """A file name that can be written anywhere, even where it is not valid UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def whole_name(source_name: str) -> str:
    return unicodedata.normalize("NFC", source_name)


class ImportPlan:
    """The rows of collection `slug`, with the changes of the current batch applied."""

    def __init__(self, slug: str, report: ImportReport) -> None:
        self.slug = slug
        self.report = report
        self.load()

    def load(self) -> None:
        """Read the rows anew, forgetting the batch."""
        columns = list(Known.__dataclass_fields__)
        rows = Image.objects.filter(collection__slug=self.slug).order_by("pk")
        known = [Known(*values) for values in rows.values_list(*columns).iterator()]
        self.by_source = {row.source_name: row for row in known}
        self.by_content = {row.sha256: row for row in known}
        self.names = {row.name for row in known}
        self.batch: list[Change] = []
        # Contents that the batch replaces: their rows and files go with its commit.
        self.leaving: set[str] = set()

    def judge(self, found: Found) -> tuple[Verdict, Known | None]:
        """Say what the file is to the collection, and to which row of it."""
        known = self.by_source.get(found.source_name)
        if known is not None and known.sha256 == found.sha256:
            return Verdict.UNCHANGED, known
        twin = self.by_content.get(found.sha256)
        if twin is not None:
            return Verdict.DUPLICATE, twin
        return (Verdict.ADDED if known is None else Verdict.REPLACED), known

    def enter(self, found: Found, verdict: Verdict, known: Known | None) -> None:
        """Note what `judge` said: in the report, or as a change of the current batch."""
        if known is None:
            name = self.free_name(found.source_name)
        elif verdict is Verdict.DUPLICATE:
            self.report.duplicates.append((printable(found.source_name), known.name))
            return
        else:
            name = known.name
            if verdict is Verdict.REPLACED:
                self.leaving.add(known.sha256)
            else:
                self.report.unchanged += 1
                if known.source_modified == found.source_modified and not has_moved(known, found):
                    return
        self.batch.append(Change(verdict, found, name, known))
        row = Known(
            pk=known.pk if known else None,
            name=name,
            source_name=found.source_name,
            source_modified=found.source_modified,
            file=found.file,
            external=found.external,
            byte_size=found.byte_size,
            sha256=found.sha256,
        )
        self.by_source[found.source_name] = self.by_content[found.sha256] = row
        self.names.add(name)

    def free_name(self, source_name: str) -> str:
        """The path without extension; with it where another file has that name already."""
        whole = whole_name(source_name)
        name = posixpath.splitext(whole)[0]
        number = 1
        while name in self.names:
            # Numbers only for files whose names are the same letters in other code points.
            name = whole if number == 1 else f"{whole} ({number})"
            number += 1
        return name

    def commit(self) -> None:
        """Write the batch, all of it or nothing, and start the next.

        Where another import got in between, its rows are read and the files judged again, one by
        one.
        """
        batch, self.batch = self.batch, []
        try:
            with transaction.atomic():
                self.write(batch)
        except (IntegrityError, RowGone):
            self.load()
            for change in batch:
                self.settle(change)
        else:
            self.count(batch)
        for content in self.leaving:
            self.by_content.pop(content, None)
        self.leaving.clear()

    def settle(self, change: Change) -> None:
        """Judge one file of a failed batch again, and write its row on its own."""
        found = change.found
        for _attempt in range(ATTEMPTS):
            verdict, known = self.judge(found)
            if verdict in (Verdict.UNCHANGED, Verdict.DUPLICATE):
                # A row that was only to be touched has been counted.
                if change.verdict is not Verdict.UNCHANGED:
                    self.enter(found, verdict, known)
                    self.batch.clear()
                return
            if found.decoded is None:
                break
            self.enter(found, verdict, known)
            batch, self.batch = self.batch, []
            try:
                with transaction.atomic():
                    self.write(batch)
            except (IntegrityError, RowGone):
                self.load()
            else:
                self.count(batch)
                return
        self.report.skip(
            found.source_name, _("Another import was changing the same row; run the import again.")
        )

    def count(self, batch: list[Change]) -> None:
        self.report.added += sum(change.verdict is Verdict.ADDED for change in batch)
        self.report.replaced += sum(change.verdict is Verdict.REPLACED for change in batch)

    def write(self, batch: list[Change]) -> None:
        """Raises `IntegrityError` or `RowGone` where the rows changed since they were read."""
        if not batch:
            return
        # Not kept: a rolled-back transaction takes the new collection with it.
        collection, _created = Collection.objects.get_or_create(slug=self.slug)
        added = [change for change in batch if change.known is None]
        Image.objects.bulk_create([new_row(collection, change) for change in added])
        for change in batch:
            if change.known is not None:
                write_over = replace if change.verdict is Verdict.REPLACED else touch
                write_over(change.known, change.found)


def new_row(collection: Collection, change: Change) -> Image:
    return Image(
        collection=collection,
        name=change.name,
        source_name=change.found.source_name,
        **picture_fields(change.found),
    )


def replace(known: Known, found: Found) -> None:
    """Give a row its new picture. Its vectors belonged to the old one."""
    forget_rows(update(known, **picture_fields(found), **CLEARED_COLUMN))


def has_moved(known: Known, found: Found) -> bool:
    """Tell whether an object that the storage had before the import has another key now."""
    return known.external and found.external and known.file != found.file


def touch(known: Known, found: Found) -> None:
    """Note the date, and where its object lies now, of a file with the same content."""
    fields: dict[str, object] = {"source_modified": found.source_modified}
    if has_moved(known, found):
        fields["file"] = found.file
    update(known, **fields)


def update(known: Known, **fields: object) -> int:
    """Write to the row as it was read, and return its key; raises `RowGone`."""
    key = known.pk
    if key is None or not Image.objects.filter(pk=key, sha256=known.sha256).update(**fields):
        raise RowGone
    if "file" in fields:
        release(name=known.file, sha256=known.sha256, external=known.external)
    return key


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
    }
