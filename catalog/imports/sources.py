"""Where pictures are imported from: a folder of this machine, or what the storage holds already.

Both list relative names first (so that progress knows its end) and read one file at a time.
"""

import os
import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from ..files.media import local_path
from ..names import printable
from ..trouble.reasons import reason
from . import litter
from .listing import Listing
from .storage import Original, stamp_of

# A picture of SIS_MAX_PIXELS is far smaller; a video or a disk image must not fill the memory.
MAX_FILE_BYTES = 1024**3
# Folders that the system itself fills in the storage's root.
OWN_FOLDERS = ("images", "queries", "thumbnails")


class ImportRefused(ValueError):
    """Nothing can be imported at all; the message, in the user's language, says what to do."""


class FileRefused(Exception):
    """One file cannot be imported; the message, in the user's language, says why.

    `no_picture`: nothing of it looks like a picture; where its name does not either, nobody
    misses it.
    """

    def __init__(self, reason: str, *, no_picture: bool = False) -> None:
        self.no_picture = no_picture
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file without reading it. `size` is in bytes."""

    size: int
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes; `original` is where they can be linked from, if anywhere."""

    data: bytes
    original: Original | None = None


class Source(Protocol):
    """A set of files with names relative to its root, with slashes.

    `trusts_facts` says that a file whose size and date are as they were need not be read again;
    `names_refused` that somebody chose each file, and misses also what is no picture.
    """

    trusts_facts: bool
    names_refused: bool

    def listing(self) -> Listing:
        """Find every file; raises `ImportRefused` where the root cannot be read."""

    def facts(self, name: str) -> Facts:
        """Raises `FileRefused` for what is not a regular file; other errors as they come."""

    def read(self, name: str) -> Content:
        """Raises `FileRefused` for a file that changes meanwhile; other errors as they come."""

    def key(self, name: str) -> str | None:
        """Return the file's name in the storage if it is there already."""


def check_regular(status: os.stat_result) -> None:
    # Opening a named pipe would wait forever.
    if not stat.S_ISREG(status.st_mode):
        raise FileRefused(_("It is not a regular file."), no_picture=True)


class DirectorySource:
    """The files below a folder of this machine; links are followed, each linked folder once."""

    trusts_facts = False
    names_refused = False

    def __init__(self, directory: Path) -> None:
        self.root = self.real_root = directory
        self.linked: set[Path] = set()

    def listing(self) -> Listing:
        self.check_root()
        self.real_root = self.root.resolve()
        listing = Listing()
        self.linked.clear()
        waiting = [""]
        while waiting:
            waiting += self.look_into(waiting.pop(), listing)
        listing.names.sort()
        listing.problems.sort()
        return listing

    def check_root(self) -> None:
        path = {"path": printable(str(self.root))}
        try:
            os.scandir(self.root).close()
        except FileNotFoundError:
            raise ImportRefused(
                _("There is no folder %(path)s: check the spelling.") % path
            ) from None
        except NotADirectoryError:
            raise ImportRefused(
                _("%(path)s is not a folder: name the folder that holds the pictures.") % path
            ) from None
        except OSError as error:
            raise ImportRefused(
                _("The folder %(path)s cannot be read (%(reason)s): check its permissions.")
                % {**path, "reason": reason(error)}
            ) from error

    def look_into(self, folder: str, listing: Listing) -> Iterator[str]:
        """Add the files of one folder to the listing; yield the folders in it."""
        try:
            with os.scandir(self.root / folder) as found:
                entries = [entry for entry in found if not litter.is_hidden(entry.name)]
        except OSError as error:
            listing.miss(folder, unreadable(error))
            return
        for entry in entries:
            name = posixpath.join(folder, entry.name)
            try:
                if entry.is_symlink() and not Path(entry.path).exists():
                    listing.miss(name, _("It is a broken link."))
                elif listing.leaves_out(entry.name, is_folder=entry.is_dir()):
                    continue
                elif not entry.is_dir():
                    listing.names.append(name)
                    listing.sizes[name] = entry.stat().st_size
                elif not entry.is_symlink() or self.enters(Path(entry.path)):
                    yield name
            except OSError as error:
                listing.miss(name, unreadable(error))

    def enters(self, link: Path) -> bool:
        """Tell whether to follow a link to a folder.

        Not where it leads above the import folder (a loop), or below it (those files have a name
        of their own, unless they are hidden), or where another link has led already.
        """
        target = link.resolve()
        if self.real_root.is_relative_to(target) or target in self.linked:
            return False
        if target.is_relative_to(self.real_root) and not any(
            litter.is_hidden(part) or litter.folder_kind(part)
            for part in target.relative_to(self.real_root).parts
        ):
            return False
        self.linked.add(target)
        return True

    def facts(self, name: str) -> Facts:
        status = (self.root / name).stat()
        check_regular(status)
        try:
            return Facts(status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
        except (ValueError, OverflowError, OSError):  # a date that no calendar has
            return Facts(status.st_size, None)

    def read(self, name: str) -> Content:
        path = self.root / name
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            check_regular(before)
            data = file.read(MAX_FILE_BYTES + 1)
            after = os.fstat(file.fileno())
        if stamp_of(before) != stamp_of(after) or len(data) != after.st_size:
            raise FileRefused(changed_meanwhile())
        return Content(data, Original(path, stamp_of(after)))

    def key(self, name: str) -> str | None:
        return None


class StorageSource:
    """The objects below a prefix of the default storage, which stay where they are."""

    names_refused = False

    def __init__(self, prefix: str, *, checksum: bool = False) -> None:
        self.prefix = prefix.strip("/")
        self.trusts_facts = not checksum
        self.entered: set[Path] = set()

    def listing(self) -> Listing:
        listing = Listing()
        self.entered.clear()
        try:
            waiting = list(self.look_into("", listing))
        # Storage back ends raise errors of their own kind; all of them mean the same here.
        except Exception as error:
            # Before the first upload, a local storage has no folder at all.
            if self.prefix or not isinstance(error, FileNotFoundError):
                raise self.refusal(error) from error
            waiting = []
        while waiting:
            folder = waiting.pop()
            try:
                waiting += self.look_into(folder, listing)
            except Exception as error:
                listing.miss(folder, unreadable(error))
        listing.names.sort()
        listing.problems.sort()
        return listing

    def refusal(self, error: Exception) -> ImportRefused:
        if isinstance(error, FileNotFoundError | NotADirectoryError | SuspiciousOperation):
            return ImportRefused(
                _("The storage has no folder “%(prefix)s”: check the spelling.")
                % {"prefix": printable(self.prefix)}
            )
        return ImportRefused(
            _(
                "The storage cannot be listed (%(reason)s): "
                "check SIS_STORAGE_BACKEND and SIS_STORAGE_OPTIONS."
            )
            % {"reason": reason(error)}
        )

    def look_into(self, folder: str, listing: Listing) -> Iterator[str]:
        """Add the files of one folder to the listing; yield the folders in it."""
        key = self.key(folder) if folder else self.prefix
        # Links on a disk may lead in circles.
        if (path := local_path(key)) is not None:
            if path.resolve() in self.entered:
                return
            self.entered.add(path.resolve())
        folders, files = default_storage.listdir(key)
        for name in files:
            if name and not listing.leaves_out(name, is_folder=False):
                listing.names.append(posixpath.join(folder, name))
        for name in folders:
            if name in ("", ".", ".."):
                # Keys such as "a//b" and "a/../b": legal in a bucket, no path to anything.
                listing.problems.append(
                    (
                        posixpath.join(folder, name),
                        _("A key with an empty part, “.” or “..” cannot be used as a path."),
                    )
                )
            elif self.is_own(posixpath.join(key, name)):
                continue
            elif not listing.leaves_out(name, is_folder=True):
                yield posixpath.join(folder, name)

    def is_own(self, key: str) -> bool:
        return key in OWN_FOLDERS

    def facts(self, name: str) -> Facts:
        key = self.key(name)
        if (path := local_path(key)) is not None:
            check_regular(path.stat())
        try:
            modified = default_storage.get_modified_time(key)
        except NotImplementedError:
            modified = None
        return Facts(default_storage.size(key), modified)

    def read(self, name: str) -> Content:
        with default_storage.open(self.key(name), "rb") as file:
            return Content(file.read())

    def key(self, name: str) -> str:
        return posixpath.join(self.prefix, name)


def unreadable(error: Exception) -> str:
    return _("It cannot be read (%(reason)s).") % {"reason": reason(error)}


def changed_meanwhile() -> str:
    return _("It changed while it was read; run the import again.")
