"""What engines share that keep a copy of the vectors: loading it, and following the database."""

import threading
from abc import abstractmethod

from catalog.descriptors import Descriptor
from catalog.locks import Locked

from ..index.array_file import ArrayFileError
from ..index.snapshot import Base, Snapshot
from .base import SearchEngine
from .cache import VectorCache
from .reading import changed_since, last_change, read_vectors

# A base that differs in more rows than both of these is written anew.
MAX_DRIFT_SHARE = 0.1
MAX_DRIFT_ROWS = 2000


class FollowingEngine(SearchEngine):
    """Keeps a snapshot of the vectors in step with the database.

    The snapshot's base comes from a file that all processes share (`cache`), and the changes since
    are read from the database: `sync()` asks for the number of the last one. Subclasses say what
    to do where there is no file, and how to search.

    A file is trusted while its size and time are those of when it was verified. Where something
    has written to it, even while it is in use, the next `sync()` opens it anew, which reads it in
    full. Each process also reads it in full once, beside its first searches, because a failing
    disk changes no times; what such damage answers until then is the one thing not covered.
    """

    def __init__(self, *, descriptor: Descriptor, cache: bool = True) -> None:
        super().__init__(descriptor=descriptor)
        self.model_id = descriptor.model_id
        self.cache = VectorCache(descriptor, self.model_id) if cache else None
        self._lock = threading.Lock()
        self._snapshot = Snapshot(Base.empty(descriptor.dim))
        self._seen: int | None = None
        self._writer: threading.Thread | None = None
        self._verifier: threading.Thread | None = None
        self._verified: int | None = None  # the mark of the file that was read in full here
        self._renewed = threading.Event()
        self._postponed = False  # a file is to be written, and the database was locked

    def sync(self) -> None:
        with self._lock:
            base = self._snapshot.base
            last, marked = last_change(base.mark)
            if self._renewed.is_set() or any(file.touched for file in base.files):
                self._renewed.clear()
                self._seen = None  # another file is there, or this one may not hold: see which does
            elif last == self._seen and marked:
                if self._postponed:
                    self._rewrite()
                return
            # A number below the one seen, or a mark that is gone: the tables were emptied or
            # restored, or another process has written a newer file.
            if self._seen is None or last < self._seen or not marked:
                self._reload()
                last, _ = last_change(self._snapshot.base.mark)
            self._follow(last)
            self._rewrite()

    def count(self, *, within: int | None = None) -> int:
        return self._snapshot.count(within)

    def finish(self) -> None:
        """Wait until what is being written to the cache is there, and what is used is verified."""
        for thread in (self._writer, self._verifier):
            if thread is not None:
                thread.join()

    @abstractmethod
    def build(self) -> tuple[Base, int]:
        """Read all vectors from the database; return them and the change number they are of."""

    def prepared(self, base: Base) -> Base:
        """Return `base`, which is about to be used, with what a search of it needs."""
        return base

    def adopt(self, base: Base) -> None:
        """Search `base` from now on; for vectors that are in no database, instead of `sync()`."""
        self._snapshot = Snapshot(self.prepared(base))

    def _reload(self) -> None:
        self._seen = None
        found = self.cache.newest() if self.cache else None
        if found is None:
            self._snapshot = Snapshot(Base.empty(self.descriptor.dim))  # frees the memory first
            base, seen = self.build()
            self._verified = base.mark  # read back when it was written
        else:
            base, seen = found
        self.adopt(base)
        self._seen = seen
        if self.cache is not None and base.mark != self._verified:
            # A daemon: a command that ends at once need not wait until gigabytes are read.
            arguments = (self.cache, self._snapshot.base)
            self._verifier = threading.Thread(target=self._verify, args=arguments, daemon=True)
            self._verifier.start()

    def _follow(self, last: int) -> None:
        """Drop the images changed since the last `sync()` and read again those still current."""
        assert self._seen is not None  # noqa: S101 (for the type checker)
        changed = changed_since(self._seen, last, self.descriptor.name)
        if changed:
            snapshot = self._snapshot.remove(changed)
            for collection, ids, vectors in read_vectors(self.descriptor, images=changed):
                snapshot = snapshot.append(collection, ids, vectors)
            self._snapshot = snapshot
        self._seen = last

    def _rewrite(self) -> None:
        """Start to write a file where there is none, or where it has fallen behind.

        Where another process writes to the database, the next `sync()` tries it again.
        """
        self._postponed = False
        snapshot, revision = self._snapshot, self._seen
        drift, rows = snapshot.drift(), len(snapshot.base.ids)
        behind = drift > MAX_DRIFT_ROWS and drift > MAX_DRIFT_SHARE * rows
        unwritten = snapshot.base.mark is None and snapshot.count() > 0
        if self.cache is None or revision is None or not (behind or unwritten):
            return
        if (self._writer is not None and self._writer.is_alive()) or not self.cache.usable():
            return
        mark = self.cache.new_mark()
        try:
            if not self.cache.leave_mark(mark, revision):
                return
        except Locked:
            self._postponed = True
            return
        # Not a daemon: a command that ends at once still leaves the file for the next one.
        arguments = (self.cache, snapshot, revision, mark)
        self._writer = threading.Thread(target=self._write, args=arguments, name="vector-cache")
        self._writer.start()

    def _write(self, cache: VectorCache, snapshot: Snapshot, revision: int, mark: int) -> None:
        """Write the file of a snapshot, in a thread of its own."""
        base = cache.write(snapshot.living(), revision=revision, mark=mark, marked=True)
        if base is None:
            self.cache = None  # a full disk does not get emptier by trying at every change
            return
        self.prepared(base)  # makes the files that belong to it
        self._verified = mark
        self._renewed.set()

    def _verify(self, cache: VectorCache, base: Base) -> None:
        """Read the files of `base` in full, in a thread of its own; damaged ones are replaced."""
        try:
            for file in base.files:
                file.verify()
        except ArrayFileError as error:
            if not cache.discard(base.files[0].path, error):
                self.cache = None  # what cannot be deleted would be taken again
            self._renewed.set()
        else:
            self._verified = base.mark
