"""What engines share that keep a copy of what is stored: loading it, and following the database."""

import threading
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy.typing as npt

from catalog.descriptors import Descriptor, PictureDescriptor
from catalog.locks import Locked

from ..index.array_file import ArrayFile, ArrayFileError, ArrayFileWriter
from ..index.snapshot import Base, Snapshot, open_base
from .base import Int64Array, SearchEngine, VectorEngine
from .cache import VectorCache
from .reading import changed_since, last_change, read_vectors

# A base that differs in more rows than both of these is written anew.
MAX_DRIFT_SHARE = 0.1
MAX_DRIFT_ROWS = 2000


class Kept(Protocol):
    """What is searched, as it was once: in memory, or in a file that has a mark."""

    @property
    def ids(self) -> Int64Array: ...

    @property
    def mark(self) -> int | None: ...

    @property
    def files(self) -> tuple[ArrayFile, ...]: ...


class KeptSnapshot(Protocol):
    """A base and what changed since. Never changed: its methods return a new one."""

    @property
    def base(self) -> Any: ...

    def count(self, within: frozenset[int] | None = None) -> int: ...

    def remove(self, ids: npt.ArrayLike) -> Any: ...

    def append(self, collection: int, ids: Any, descriptions: Any) -> Any: ...

    def drift(self) -> int: ...

    def write_to(self, writer: ArrayFileWriter) -> dict[str, Any]: ...


class FollowingEngine(SearchEngine):
    """Keeps a snapshot of what is stored in step with the database.

    The snapshot's base comes from a file that all processes share (`cache`), and the changes since
    are read from the database: `sync()` asks for the number of the last one. Subclasses say what
    they keep (`empty`, `opened`, `read`, `snapshot_of`), what to do where there is no file
    (`build`), and how to search.

    A file is trusted while its size and time are those of when it was verified. Where something
    has written to it, even while it is in use, the next `sync()` opens it anew, which reads it in
    full. Each process also reads it in full once, beside its first searches, because a failing
    disk changes no times; what such damage answers until then is the one thing not covered.
    """

    def __init__(self, *, descriptor: PictureDescriptor, cache: bool = True) -> None:
        super().__init__(descriptor=descriptor)
        self.model_id = descriptor.model_id
        self.cache: VectorCache[Any] | None = None
        if cache:
            self.cache = VectorCache(descriptor, self.model_id, self.opened)
        self._lock = threading.Lock()
        self._snapshot: Any = self.snapshot_of(self.empty())
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

    def count(self, *, within: frozenset[int] | None = None) -> int:
        return self._snapshot.count(within)

    def finish(self) -> None:
        """Wait until what is being written to the cache is there, and what is used is verified."""
        for thread in (self._writer, self._verifier):
            if thread is not None:
                thread.join()

    @abstractmethod
    def empty(self) -> Kept:
        """Return a base of nothing."""

    @abstractmethod
    def opened(self, file: ArrayFile) -> Kept:
        """Return the base that is in a file; raises `ArrayFileError` where it is none."""

    @abstractmethod
    def snapshot_of(self, base: Any) -> KeptSnapshot:
        """Return `base` with no changes yet."""

    @abstractmethod
    def read(self, images: Sequence[int]) -> Iterable[tuple[int, Any, Any]]:
        """Read what is stored of these images: collection, ids, and what a snapshot appends."""

    @abstractmethod
    def build(self) -> tuple[Kept, int]:
        """Read all that is stored; return it and the change number that it is of."""

    def prepared(self, base: Any) -> Any:
        """Return `base`, which is about to be used, with what a search of it needs."""
        return base

    def adopt(self, base: Any) -> None:
        """Search `base` from now on; for what is in no database, instead of `sync()`."""
        self._snapshot = self.snapshot_of(self.prepared(base))

    def _reload(self) -> None:
        self._seen = None
        found = self.cache.newest() if self.cache else None
        if found is None:
            self._snapshot = self.snapshot_of(self.empty())  # frees the memory first
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
            for collection, ids, descriptions in self.read(changed):
                snapshot = snapshot.append(collection, ids, descriptions)
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

    def _write(self, cache: VectorCache, snapshot: KeptSnapshot, revision: int, mark: int) -> None:
        """Write the file of a snapshot, in a thread of its own."""
        base = cache.write(snapshot.write_to, revision=revision, mark=mark, marked=True)
        if base is None:
            self.cache = None  # a full disk does not get emptier by trying at every change
            return
        self.prepared(base)  # makes the files that belong to it
        self._verified = mark
        self._renewed.set()

    def _verify(self, cache: VectorCache, base: Kept) -> None:
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


class FollowingVectorEngine(FollowingEngine, VectorEngine):
    """Keeps unit vectors. `scans`: whether every query reads all of them, or only a few."""

    scans = True

    def __init__(self, *, descriptor: Descriptor, cache: bool = True) -> None:
        self._dim = descriptor.dim  # before the base is made
        super().__init__(descriptor=descriptor, cache=cache)

    def empty(self) -> Base:
        return Base.empty(self._dim)

    def opened(self, file: ArrayFile) -> Base:
        return open_base(file, self._dim, scanned=self.scans)

    def snapshot_of(self, base: Base) -> Snapshot:
        return Snapshot(base)

    def read(self, images: Sequence[int]) -> Iterable[tuple[int, Any, Any]]:
        return read_vectors(self.descriptor, images=images)
