"""Which row a file is, where files changed their places: decided by content. Pure.

A row follows its content to a new name only where its own file has left; so a copy beside the
original is a new row, and a renamed file keeps its row, its number and its vectors.
"""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from ..names import free_name, plain_name
from .holdings import Found, Holdings, Known, Sightings

LOOKED_AT = 32


class Verdict(Enum):
    """What a file is to the collection. OVERTAKEN is said of a row without one."""

    ADDED = auto()
    REPLACED = auto()
    MOVED = auto()
    UNCHANGED = auto()
    WAITING = auto()
    OVERTAKEN = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """A row to write: `known` is the one that is there, None where it is new.

    `found` is None where the row goes, because another row's file took its place.
    """

    verdict: Verdict
    found: Found | None
    name: str
    known: Known | None
    has_twin: bool = False


def judge(
    found: Found, rows: Holdings, seen: Sightings, wanted: set[str]
) -> tuple[Verdict, Known | None]:
    """Say what a file is, and which row; WAITING where that hangs on files not read yet.

    `wanted` are the contents of the files that wait.
    """
    own = rows.by_source.get(found.source_name)
    if own is not None and own.sha256 == found.sha256:
        return Verdict.UNCHANGED, own
    for row in rows.unseen_with_content(found.sha256):
        has_left = seen.has_left(row)
        if has_left and own is None:
            if name_may_be_left(found, row, rows, seen):
                return Verdict.WAITING, None
            return Verdict.MOVED, nearest(found, rows.unseen_with_content(found.sha256), seen)
        if has_left is not False:
            return Verdict.WAITING, own
    if own is None:
        waits = name_may_be_left(found, None, rows, seen)
        return (Verdict.WAITING if waits else Verdict.ADDED), None
    if own.sha256 in wanted or seen.may_hold(own.byte_size):
        return Verdict.WAITING, own
    return Verdict.REPLACED, own


def name_may_be_left(found: Found, row: Known | None, rows: Holdings, seen: Sightings) -> bool:
    """Tell whether the file's name is that of another row which may turn up under another one."""
    holder = rows.named(plain_name(found.source_name))
    if holder is None or holder is row:
        return False
    return bool(seen.has_left(holder)) and seen.may_hold(holder.byte_size)


def nearest(found: Found, rows: Iterable[Known], seen: Sightings) -> Known | None:
    """Choose among rows of the same content that have left: one whose file had the same last name.

    Looking at a few is enough; where the content is that common, one is as good as another.
    """
    left = list(islice((row for row in rows if seen.has_left(row)), LOOKED_AT))
    last = posixpath.basename(found.source_name)
    key = lambda row: (posixpath.basename(row.source_name) != last, row.source_name)  # noqa: E731
    return min(left, key=key, default=None)


def reconcile(waiting: Sequence[Found], rows: Holdings, seen: Sightings) -> list[Change]:
    """Decide all files that wait, once every file was read: chains, cycles, and what they push out.

    The name of an image belongs to its path: whoever comes to a path gets its name. A row whose
    path was taken, and whose content is nowhere any more, is what replacing a picture means
    elsewhere: it goes. Files that meanwhile are as their rows say are left out.
    """
    files = [found for found in waiting if not is_as_known(found, rows)]
    comes = claims(files, rows, seen)
    moving = {row.source_name for row in comes.values()}
    pushed = [
        rows.by_source[path] for path in comes if path in rows.by_source and path not in moving
    ]
    changes = [Change(Verdict.OVERTAKEN, None, row.name, row) for row in pushed]
    leaving = [*comes.values(), *pushed]
    of_path = {row.source_name: row.name for row in leaving}
    taken = rows.names.keys() - of_path.values()
    taken.update(of_path[f.source_name] for f in files if f.source_name in of_path)
    for found in files:
        own = rows.by_source.get(found.source_name)
        known = comes.get(found.source_name)
        verdict, name = Verdict.MOVED, of_path.get(found.source_name)
        if known is None and own is not None and own.source_name not in moving:
            verdict, known, name = Verdict.REPLACED, own, own.name
        elif known is None:
            verdict = Verdict.ADDED
        if name is None:
            name = free_name(found.source_name, taken)
            taken.add(name)
        changes.append(Change(verdict, found, name, known, found.sha256 in rows.sources))
    return changes


def is_as_known(found: Found, rows: Holdings) -> bool:
    own = rows.by_source.get(found.source_name)
    return own is not None and own.sha256 == found.sha256


def claims(files: Sequence[Found], rows: Holdings, seen: Sightings) -> dict[str, Known]:
    """Return which row comes to which path: each row that left its own, once."""
    claimed: set[str] = set()
    comes: dict[str, Known] = {}
    for found in files:
        free = (
            row for row in rows.unseen_with_content(found.sha256) if row.source_name not in claimed
        )
        row = nearest(found, free, seen)
        if row is not None:
            comes[found.source_name] = row
            claimed.add(row.source_name)
    return comes
