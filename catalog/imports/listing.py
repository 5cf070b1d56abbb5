"""What a folder or a storage lists, before any file is opened. Pure."""

from collections import Counter
from dataclasses import dataclass, field

from . import litter


@dataclass(slots=True)
class Listing:
    """The names of the files found, sorted, and (name, reason) of what cannot be looked at.

    `sizes` are in bytes, as far as they are known for nothing; `unread` are folders, and links that
    may lead to one, whose files are therefore missing; `passed` counts, by kind, what was left
    out.
    """

    names: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)

    def miss(self, name: str, reason: str) -> None:
        """Note what may hold files that are missing here."""
        self.problems.append((name, reason))
        self.unread.append(name)

    def leaves_out(self, name: str, *, is_folder: bool) -> bool:
        """Tell whether an entry is hidden or litter, and count the latter."""
        if litter.is_hidden(name):
            return True
        kind = litter.folder_kind(name) if is_folder else litter.file_kind(name)
        if kind:
            self.passed[f"{kind}/" if is_folder else kind] += 1
        return bool(kind)
