"""Files of a folder or a storage -> `Image` rows. Writes go through the two functions here.

Threads read, hash, decode and store the files, a few ahead; only the calling thread decides, in
the order of the names, and talks to the database. So the result does not depend on timing, and a
row is never committed before its file is in the storage.
"""

import hashlib
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Lock

from django.core.files.uploadedfile import UploadedFile

from ..files.media import local_path
from ..models import Collection, Image, stored_path
from ..pixels import Fault, PictureError, decode
from ..trouble.database import DATABASE_ERRORS, in_words
from ..trouble.storage import StorageAway, reading_failed
from . import litter
from .checking import (
    check_name,
    check_size,
    check_slug,
    is_as_before,
    max_length,
    name_too_long,
    obstacle,
)
from .holdings import Decoded, Found, Known, Sightings
from .plan import ImportPlan
from .reconciling import Verdict
from .report import ImportReport
from .sources import (
    DirectorySource,
    FileRefused,
    Source,
    StorageSource,
    changed_meanwhile,
    unreadable,
)
from .storage import FileChanged, put
from .uploaded import UploadSource

logger = logging.getLogger(__name__)

BATCH_SIZE = 64
BATCH_SECONDS = 2.0
# Files this large are read one at a time, so that a folder of videos does not fill the memory.
LARGE_FILE_BYTES = 64 * 1024**2
# Waiting for a network takes threads, not cores.
REMOTE_THREADS = 8

OnProgress = Callable[[int, int], None]


def import_directory(
    *,
    directory: str | os.PathLike[str],
    collection: str,
    on_progress: OnProgress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Bring the pictures below a folder into the collection with the short name `collection`.

    The collection is made if it is new. Originals are hard-linked or copied, never touched.
    Files that came in before are read and hashed; what has the same content is left alone.
    `on_progress` gets (files done, files found), `should_stop` is asked between files: what is
    under way is finished and committed. Raises `ImportRefused`, with nothing written, where the
    folder cannot be read or the short name is not valid.
    """
    source = DirectorySource(Path(directory))
    return Importer(source, collection, on_progress, should_stop).run()


def import_storage(
    *,
    prefix: str,
    collection: str,
    checksum: bool = False,
    on_progress: OnProgress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Bring the objects below `prefix` of the default storage into a collection.

    They stay where they are and are never deleted. Objects with the size and date that their row
    has are not read again, unless `checksum` is set. The rest is as in `import_directory`.
    """
    source = StorageSource(prefix, checksum=checksum)
    return Importer(source, collection, on_progress, should_stop).run()


def import_uploads(*, files: Mapping[str, UploadedFile], collection: Collection) -> ImportReport:
    """Bring uploaded files, by name, into a collection that exists.

    A file whose name another picture of the collection has is refused: who adds pictures replaces
    none. Same content under the same name is left alone. The rest is as in `import_directory`.
    """
    same = collection.images.filter(source_name__in=files)
    source = UploadSource(files, taken=dict(same.values_list("source_name", "sha256")))
    return Importer(source, collection.slug, lambda done, total: None, lambda: False).run()


class Importer:
    """One import: the files of `source` into the collection `slug`."""

    def __init__(
        self,
        source: Source,
        slug: str,
        on_progress: OnProgress,
        should_stop: Callable[[], bool],
    ) -> None:
        check_slug(slug)
        self.source, self.slug = source, slug
        self.on_progress, self.should_stop = on_progress, should_stop
        self.large_files = Lock()
        self.report = ImportReport()

    def run(self) -> ImportReport:
        listing = self.source.listing()
        for name, reason in listing.problems:
            self.report.skip(name, reason)
        self.report.passed.update(listing.passed)
        sizes = {name: listing.sizes.get(name) for name in listing.names}
        seen = Sightings(sizes, [name for name, _reason in listing.problems])
        self.plan = ImportPlan(self.slug, self.report, seen)
        names = [name for name in listing.names if not self.passes_over(name)]
        self.report.total = len(names) + len(listing.problems)
        self.last_commit = time.monotonic()
        self.on_progress(len(listing.problems), self.report.total)
        threads = REMOTE_THREADS if local_path("-") is None else os.cpu_count() or 1
        try:
            with ThreadPoolExecutor(threads) as pool:
                self.work_through(names, pool, ahead=2 * threads)
            self.plan.commit()
            if not (self.report.interrupted or self.report.stopped):
                self.plan.settle_waiting(self.renewed)
                self.plan.finish()
                self.report.obstacle = obstacle(self.report, listing)
        except DATABASE_ERRORS as error:
            logger.info("The database refused", exc_info=error)  # what is committed stays
            self.report.stopped = in_words(error)
        except StorageAway as away:
            self.report.stopped = str(away)
        return self.report

    def passes_over(self, name: str) -> bool:
        """Tell whether a file is not a picture by its name, and count it; never one with a row."""
        missed = self.source.names_refused or name in self.plan.rows.by_source
        if missed or not litter.is_no_picture(name):
            return False
        self.plan.seen.note(name, None)
        self.report.passed[litter.kind(name)] += 1
        return True

    def work_through(self, names: list[str], pool: ThreadPoolExecutor, *, ahead: int) -> None:
        waiting: deque[tuple[str, Future[Found]]] = deque()
        coming = deque(names)
        done = len(self.report.skipped)
        while coming or waiting:
            if coming and self.should_stop():
                self.report.interrupted = True
                coming.clear()
            if self.report.stopped:
                coming.clear()  # what is under way comes in, if it can
            while coming and len(waiting) < ahead:
                name = coming.popleft()
                waiting.append((name, pool.submit(self.examine, name)))
            if not waiting:
                return
            name, future = waiting.popleft()
            try:
                self.settle(name, future.result())
            except FileRefused as refusal:
                self.refuse(name, refusal)
            except StorageAway as away:
                self.report.stopped = self.report.stopped or str(away)
            self.commit_if_due()
            done += 1
            self.on_progress(done, self.report.total)

    def settle(self, name: str, found: Found) -> None:
        """Bring one examined file into the plan; raises `FileRefused`."""
        verdict, known = self.plan.judge(found)
        is_stored = found.decoded is not None and found.sha256 not in self.plan.released
        if verdict not in (Verdict.UNCHANGED, Verdict.MOVED) and not is_stored:
            # The row that made decoding needless, or kept the stored file, has changed since.
            found = self.look_again(found)
            verdict, known = self.plan.judge(found)
        self.plan.enter(found, verdict, known)

    def look_again(self, found: Found) -> Found:
        """Read, decode and store a file once more; raises `FileRefused`."""
        return self.examine(found.source_name, thoroughly=True)

    def renewed(self, found: Found) -> Found | None:
        """Look again at a file; None where it does not come in any more."""
        try:
            return self.look_again(found)
        except FileRefused as refusal:
            self.refuse(found.source_name, refusal)
            return None

    def refuse(self, name: str, refusal: FileRefused) -> None:
        """Note a file that does not come in: by name, or among what nobody takes for a picture."""
        self.plan.seen.note(name, None)
        is_missed = (
            self.source.names_refused
            or litter.promises_a_picture(name)
            or name in self.plan.rows.by_source
        )
        if refusal.no_picture and not is_missed:
            self.report.passed[litter.kind(name)] += 1
        else:
            self.report.skip(name, str(refusal))

    def commit_if_due(self) -> None:
        age = time.monotonic() - self.last_commit
        if len(self.plan.batch) >= BATCH_SIZE or age >= BATCH_SECONDS:
            self.plan.commit()
            self.last_commit = time.monotonic()

    def examine(self, name: str, *, thoroughly: bool = False) -> Found:
        """Look at one file, in a thread; raises `FileRefused`, or `StorageAway` for every file."""
        try:
            return self.look_at(name, None if thoroughly else self.plan)
        except (FileRefused, StorageAway):
            raise
        except PictureError as error:
            no_picture = error.fault is Fault.UNSUPPORTED
            raise FileRefused(str(error), no_picture=no_picture) from error
        except FileChanged as error:
            raise FileRefused(changed_meanwhile()) from error
        # Storage back ends raise errors of their own; one file must not stop the others.
        except Exception as error:
            key = self.source.key(name)
            if key is not None and (away := reading_failed(error, file=key)):
                raise away from error
            raise FileRefused(unreadable(error)) from error

    def look_at(self, name: str, plan: ImportPlan | None) -> Found:
        check_name(name)
        key, longest = self.source.key(name), max_length(Image, "file")
        if key is not None and len(key) > longest:
            raise FileRefused(name_too_long(longest))
        facts = self.source.facts(name)
        check_size(facts.size)
        known = plan.rows.by_source.get(name) if plan else None
        unread = Found(
            source_name=name,
            source_modified=facts.modified,
            file=key or (known.file if known else ""),
            external=key is not None,
            byte_size=facts.size,
            sha256=known.sha256 if known else "",
        )
        if known and self.source.trusts_facts and is_as_before(known, unread):
            return unread
        with self.large_files if facts.size > LARGE_FILE_BYTES else nullcontext():
            return self.read(unread, known, plan)

    def read(self, unread: Found, known: Known | None, plan: ImportPlan | None) -> Found:
        """Read the file once: the same bytes are hashed, decoded and stored."""
        content = self.source.read(unread.source_name)
        check_size(len(content.data))
        digest = hashlib.sha256(content.data).hexdigest()
        found = replace(unread, byte_size=len(content.data), sha256=digest)
        if known and known.sha256 == digest:
            if not (known.external or unread.external):
                # Does nothing, unless the stored file was lost or damaged.
                put(content=content.data, name=known.file, original=content.original)
            return found
        twin = plan.rows.one_with_content(digest) if plan else None
        decoded = twin.decoded if twin else decoded_facts(content.data)
        file = found.file
        if not found.external:
            kept = twin if twin and not twin.external else None
            file = kept.file if kept else self.stored_name(digest, decoded.format)
            put(content=content.data, name=file, original=content.original, unclaimed=not kept)
        return replace(found, file=file, decoded=decoded)

    def stored_name(self, digest: str, picture_format: str) -> str:
        row = Image(collection=Collection(slug=self.slug), format=picture_format, sha256=digest)
        return stored_path(row, "")


def decoded_facts(data: bytes) -> Decoded:
    picture = decode(BytesIO(data))
    return Decoded(picture.format, *picture.pixels.size)
