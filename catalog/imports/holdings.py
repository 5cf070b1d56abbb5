"""What an import holds in memory, so that thousands of files need no query each. Pure.

The collection's rows, and what was seen of the folder. Together they say whether a row's file is
where it was: only a row whose file has left may follow its content to another name.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding told of a picture; width and height in pixels, upright."""

    format: str
    width: int
    height: int


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
    format: str
    width: int
    height: int

    @property
    def decoded(self) -> Decoded:
        return Decoded(self.format, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was looked at. `decoded` is None where its row seemed to have its content."""

    source_name: str
    source_modified: datetime | None
    file: str
    external: bool
    byte_size: int
    sha256: str
    decoded: Decoded | None = None


class Holdings:
    """The rows of a collection, with the changes of the current batch applied.

    `names` are the files of names, `sources` those with a content, and `unseen` those of them that
    were there before, and that nobody found there yet. Thousands may have the same content.
    """

    def __init__(self, rows: Iterable[Known]) -> None:
        self.by_source: dict[str, Known] = {}
        self.names: dict[str, str] = {}
        self.sources: dict[str, list[str]] = {}
        self.unseen: dict[str, list[str]] = {}
        for row in rows:
            self.put(row)
            self.unseen.setdefault(row.sha256, []).append(row.source_name)

    def put(self, row: Known) -> None:
        self.by_source[row.source_name] = row
        self.names[row.name] = row.source_name
        self.sources.setdefault(row.sha256, []).append(row.source_name)

    def take(self, row: Known) -> None:
        del self.by_source[row.source_name]
        del self.names[row.name]
        strike(self.sources, row)
        strike(self.unseen, row)

    def saw(self, row: Known) -> None:
        """Note that a row's file is where it was."""
        strike(self.unseen, row)

    def named(self, name: str) -> Known | None:
        return self.by_source.get(self.names.get(name, ""))

    def one_with_content(self, sha256: str) -> Known | None:
        """Return a row that has this content, if any; safe to ask from another thread."""
        sources = self.sources.get(sha256)
        return self.by_source.get(next(iter(sources), "")) if sources else None

    def unseen_with_content(self, sha256: str) -> Iterator[Known]:
        """Yield the rows with this content that may have left their place."""
        return (self.by_source[source] for source in self.unseen.get(sha256, ()))


def strike(lists: dict[str, list[str]], row: Known) -> None:
    sources = lists.get(row.sha256, [])
    if row.source_name in sources:
        sources.remove(row.source_name)
        if not sources:
            del lists[row.sha256]


class Sightings:
    """What was seen of the folder: the names in it, and the contents of the files read so far.

    `sizes` are the sizes in bytes of the listed files, None where it takes a request each to know;
    `unseen` are the files and folders that could not be looked at.
    """

    def __init__(self, sizes: dict[str, int | None], unseen: Sequence[str]) -> None:
        self.sizes = sizes
        self.unseen = unseen
        self.contents: dict[str, str | None] = {}
        self.unread = Counter(sizes.values())

    def note(self, source_name: str, sha256: str | None) -> None:
        """Remember what a file holds; None: it could not be read."""
        if source_name not in self.contents:
            self.unread[self.sizes.get(source_name)] -= 1
        self.contents[source_name] = sha256

    def has_left(self, row: Known) -> bool | None:
        """Tell whether a row's content is no longer where it was; None: not known yet."""
        source = row.source_name
        if source not in self.sizes:
            return self.lacks(source)
        content = self.contents.get(source)
        if content is not None:
            return content != row.sha256
        size = self.sizes[source]
        if size is not None and size != row.byte_size:
            return True
        return False if source in self.contents else None

    def lacks(self, source_name: str) -> bool:
        """Tell whether the folder certainly has no such file."""
        return source_name not in self.sizes and not any(
            source_name == unseen or not unseen or source_name.startswith(f"{unseen}/")
            for unseen in self.unseen
        )

    def may_hold(self, byte_size: int) -> bool:
        """Tell whether a file that was not read yet may have a content of this size."""
        return self.unread[byte_size] > 0 or self.unread[None] > 0
