"""An import's decisions, batch by batch, in step with the database.

The rows are kept in memory; the database's own constraints have the last word, because another
import may write to the same collection at the same time.
"""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ..models import Image
from ..names import free_name, printable
from .holdings import Found, Holdings, Known, Sightings
from .reconciling import Change, Verdict, is_as_known, judge, reconcile
from .report import Gone, ImportReport
from .writing import RowGone, has_moved, write

ATTEMPTS = 3


class ImportPlan:
    """The rows of collection `slug`, what was seen of the folder, and what is to be written."""

    def __init__(self, slug: str, report: ImportReport, seen: Sightings) -> None:
        self.slug, self.report, self.seen = slug, report, seen
        self.batch: list[Change] = []
        # Files whose row hangs on what other files hold; decided when all were read.
        self.waiting: list[Found] = []
        self.wanted: set[str] = set()
        # Contents that rows have left: their files may have gone from the storage.
        self.released: set[str] = set()
        self.load()

    def load(self) -> None:
        """Read the rows anew."""
        columns = list(Known.__dataclass_fields__)
        rows = Image.objects.filter(collection__slug=self.slug).order_by("pk")
        self.rows = Holdings(Known(*values) for values in rows.values_list(*columns).iterator())

    def judge(self, found: Found) -> tuple[Verdict, Known | None]:
        """Say what the file is to the collection, and to which row of it."""
        self.seen.note(found.source_name, found.sha256)
        return judge(found, self.rows, self.seen, self.wanted)

    def enter(self, found: Found, verdict: Verdict, known: Known | None) -> None:
        """Note what `judge` said: in the report, among what waits, or in the current batch."""
        if verdict is Verdict.WAITING:
            self.waiting.append(found)
            self.wanted.add(found.sha256)
            return
        if verdict is Verdict.UNCHANGED and known is not None:
            self.report.unchanged += 1
            self.rows.saw(known)
            if known.source_modified == found.source_modified and not has_moved(known, found):
                return
        has_twin = found.sha256 in self.rows.sources
        if known is None or verdict is Verdict.MOVED:
            if known is not None:
                self.rows.take(known)
            name = free_name(found.source_name, self.rows.names)
        else:
            name = known.name
        change = Change(verdict, found, name, known, has_twin)
        self.batch.append(change)
        if known is not None and verdict is not Verdict.MOVED:
            self.rows.take(known)
        self.rows.put(as_row(change))

    def commit(self) -> None:
        """Write the batch, all of it or nothing, and start the next.

        Where another import got in between, its rows are read and the files judged again, one by
        one.
        """
        batch, self.batch = self.batch, []
        if self.written(batch):
            self.count(batch)
            return
        self.load()
        self.report.unchanged -= sum(change.verdict is Verdict.UNCHANGED for change in batch)
        for change in batch:
            if change.found is not None:
                self.settle(change.found)

    def written(self, batch: list[Change]) -> bool:
        """Write changes in one transaction; False where the rows are not what was read."""
        try:
            with transaction.atomic():
                write(self.slug, batch)
        except (IntegrityError, RowGone):
            return False
        left = (c.known.sha256 for c in batch if c.known and c.verdict in LEAVING)
        self.released.update(sha256 for sha256 in left if sha256 not in self.rows.sources)
        return True

    def settle(self, found: Found) -> None:
        """Judge one file of a failed batch again, and write its row on its own."""
        for _attempt in range(ATTEMPTS):
            verdict, known = self.judge(found)
            if verdict in (Verdict.UNCHANGED, Verdict.WAITING):
                self.enter(found, verdict, known)
                self.batch.clear()  # only a date to be noted, which the next run does
                return
            if found.decoded is None and verdict is not Verdict.MOVED:
                break
            self.enter(found, verdict, known)
            batch, self.batch = self.batch, []
            if self.written(batch):
                self.count(batch)
                return
            self.load()
        self.give_up(found)

    def settle_waiting(self, renewed: Callable[[Found], Found | None]) -> None:
        """Decide and write what waited for other files, all of it in one transaction.

        `renewed` looks at a file again whose content may have gone from the storage meanwhile.
        """
        for _attempt in range(ATTEMPTS):
            if not self.waiting:
                return
            self.renew(renewed)
            changes = reconcile(self.waiting, self.rows, self.seen)
            if self.written(changes):
                self.report.unchanged += sum(is_as_known(f, self.rows) for f in self.waiting)
                self.count(changes)
                self.waiting = []
                self.load()
                return
            self.load()
        for found in self.waiting:
            self.give_up(found)

    def renew(self, renewed: Callable[[Found], Found | None]) -> None:
        """Look again at what waits with a content that may have gone from the storage."""
        waiting, self.waiting = self.waiting, []
        for found in waiting:
            again = renewed(found) if found.sha256 in self.released else found
            if again is not None:
                self.seen.note(again.source_name, again.sha256)
                self.waiting.append(again)
        self.released.clear()

    def give_up(self, found: Found) -> None:
        self.report.skip(
            found.source_name, _("Another import was changing the same row; run the import again.")
        )

    def count(self, batch: list[Change]) -> None:
        report = self.report
        report.added += sum(change.verdict is Verdict.ADDED for change in batch)
        report.replaced += sum(
            change.verdict in (Verdict.REPLACED, Verdict.OVERTAKEN) for change in batch
        )
        report.renamed += [
            (printable(change.known.source_name), printable(change.found.source_name))
            for change in batch
            if change.verdict is Verdict.MOVED and change.known and change.found
        ]

    def finish(self) -> None:
        """Note in the report which files share their content, and which rows have no file."""
        rows = self.rows.by_source.values()
        for sources in self.rows.sources.values():
            first, *others = sorted(s for s in sources if s in self.seen.sizes) or [""]
            twin = printable(self.rows.by_source[first].name) if first else ""
            self.report.duplicates += [(printable(source), twin) for source in others]
        self.report.duplicates.sort()
        self.report.gone = sorted(
            (
                Gone(row.pk, row.source_name, row.sha256)
                for row in rows
                if row.pk is not None and self.seen.lacks(row.source_name)
            ),
            key=lambda gone: gone.source_name,
        )


# What takes a row's content from it.
LEAVING = (Verdict.REPLACED, Verdict.OVERTAKEN)


def as_row(change: Change) -> Known:
    """Return the row as it will be when the change is written."""
    found, known = change.found, change.known
    if found is None:
        raise ValueError(f"{change.name} goes, and will be no row")
    keeps = known if change.verdict in (Verdict.MOVED, Verdict.UNCHANGED) else None
    decoded = keeps.decoded if keeps else found.decoded
    if decoded is None:
        raise ValueError(f"{found.source_name} was not decoded before its row is written")
    stays = keeps is not None and not has_moved(keeps, found)
    return Known(
        pk=known.pk if known else None,
        name=change.name,
        source_name=found.source_name,
        source_modified=found.source_modified,
        file=keeps.file if keeps and stays else found.file,
        external=keeps.external if keeps else found.external,
        byte_size=found.byte_size,
        sha256=found.sha256,
        format=decoded.format,
        width=decoded.width,
        height=decoded.height,
    )
