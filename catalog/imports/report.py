"""What an import did, in numbers and names."""

from collections import Counter
from dataclasses import dataclass, field

from ..names import printable

# A folder that lacks this many pictures for each one it has is hardly the collection's own.
MANY_TO_ONE = 20


@dataclass(frozen=True, slots=True)
class Gone:
    """An image whose file the folder no longer has."""

    pk: int
    source_name: str
    sha256: str


@dataclass
class ImportReport:
    """What an import did: rows added, replaced and left alone, and what did not come in, and why.

    `total` is how many files were looked at; `passed` counts, by kind, what is no picture.
    `renamed` are (file before, file now), `duplicates` are (source file, name of the first image
    that has the same content), `skipped` are (source file, reason): all printable. `gone` are the
    images that the folder no longer has, and `obstacle` says why they must not be removed.
    `stopped` says why it ended early, where the storage or the database would have failed for
    every further file; else ''.
    """

    total: int = 0
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    renamed: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    gone: list[Gone] = field(default_factory=list)
    obstacle: str = ""
    interrupted: bool = False
    stopped: str = ""

    def skip(self, source_name: str, reason: str) -> None:
        self.skipped.append((printable(source_name), reason))

    @property
    def found(self) -> int:
        """How many pictures that the collection had before the folder has."""
        return self.unchanged + self.replaced + len(self.renamed)

    @property
    def hardly_any_left(self) -> bool:
        """Whether so few are left that the folder looks like another one, or half a disk."""
        return len(self.gone) > MANY_TO_ONE * self.found
