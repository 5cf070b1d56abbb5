"""Which files the system keeps, and which rows name them: each app says so for its own.

`manage.py check_files` compares the two and knows nothing of who registered them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.core.files.storage import Storage, default_storage
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Owner:
    """A row that cannot do without its file.

    `since`: when the row was written, where that may be before its file is there.
    """

    pk: Any
    file: str
    title: str
    since: datetime | None = None


class FileSet(ABC):
    """The files of one kind, all in one storage.

    `remedy` says how a lost one comes back. `files_without_rows`: whether a file that no row names
    is a leftover; not so where the files are somebody else's.
    """

    title: ClassVar[str | Promise]
    remedy: ClassVar[str | Promise] = ""
    files_without_rows: ClassVar[bool] = True

    @property
    def storage(self) -> Storage:
        return default_storage

    @abstractmethod
    def listing(self) -> Iterator[list[str]]:
        """Yield the names of the files there are, folder by folder."""

    @abstractmethod
    def named(self) -> Iterable[str]:
        """Yield every name that a row gives to a file, in any order."""

    @abstractmethod
    def still_named(self, names: Sequence[str]) -> set[str]:
        """Return which of these few names a row has now."""

    def owners(self) -> Iterator[Owner]:
        """Yield the rows whose files must be there."""
        return iter(())

    def delete_rows(self, owners: Sequence[Owner]) -> int:
        """Delete rows that `owners` yielded; returns how many were there."""
        return 0


file_sets: list[type[FileSet]] = []


def add_file_set(kind: type[FileSet]) -> None:
    """Let `check_files` look at these files too; call it from `AppConfig.ready`."""
    if kind not in file_sets:
        file_sets.append(kind)


def storable(names: Iterable[str]) -> list[str]:
    """Return those of the names that a database can hold; a disk has others too."""
    return [name for name in names if is_text(name)]


def is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
