"""Names that enter the evaluation: one form, what cannot be a name, and those nobody knows. Pure.

Label files, query files, run files, JSON, pickles and forms all bring names; each passes `entering`
before it is compared or stored.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, combinations

from catalog.names import canonical, folded

from .problems import CONTROL, ProblemCode

MAX_NAME_LENGTH = 500

# The original benchmark writes query images (only these) with the prefix of its first collection.
QUERY_PREFIX = "oxc1_"
# Of files that are pictures to somebody, whether or not this system reads them.
EXTENSION = re.compile(
    r"\.(?:jpe?g|jpe|jfif|png|webp|gif|bmp|tiff?|heic|heif|avif|ppm|pgm|jp2)$", re.IGNORECASE
)
FIRST_FEW = 5
# Enough to see what is the matter with thousands.
LOOKED_AT = 500


def entering(text: str) -> str:
    """Return a name as it is compared and stored: composed letters, nothing invisible around it.

    Byte order marks stand where files with them were joined.
    """
    return canonical(text).strip().strip("\ufeff").strip()


def name_fault(name: str, written: str | None = None) -> tuple[ProblemCode, str, str] | None:
    """Say what keeps `name` from naming an image or topic: (code, detail, other), or None.

    `written`: how the file has it, where it can write control characters as something else.
    """
    if not name or "\x00" in name or CONTROL.search(name if written is None else written):
        return ProblemCode.BAD_NAME, name[:60], ""
    if len(name) > MAX_NAME_LENGTH:
        return ProblemCode.LONG_NAME, name[:60], str(MAX_NAME_LENGTH)
    return None


class Step(StrEnum):
    """One way in which files of other systems write the same name differently."""

    EXTENSION = "extension"
    FOLDER = "folder"
    PREFIX = "prefix"
    CASE = "case"
    LACKS_FOLDER = "lacks-folder"


@dataclass(frozen=True, slots=True)
class Remedy:
    """How names nobody knows would become known: by all of `steps` together.

    `given` is one of them, `known` what it would be; `number` of the `tried` names would be known.
    """

    steps: tuple[Step, ...]
    given: str
    known: str
    number: int
    tried: int


@dataclass(frozen=True, slots=True)
class NameCheck:
    """How many of the distinct names of a file are known, and which are not.

    `first`: the first few unknown ones in the file's order; `remedy`: what most of them have in
    common with known names, None where nothing is found.
    """

    total: int
    unknown: int
    first: tuple[str, ...] = ()
    remedy: Remedy | None = None

    @property
    def none_known(self) -> bool:
        return self.total > 0 and self.unknown == self.total

    @property
    def percent(self) -> float:
        """The share of unknown names, in percent; rounded, but 0 and 100 only where it is so."""
        if self.unknown in (0, self.total):
            return 100.0 if self.unknown else 0.0
        return min(99.9, max(0.1, round(100 * self.unknown / self.total, 1)))


def look_up(names: Iterable[str], known: Collection[str]) -> NameCheck:
    """Count the distinct names that are not among the known ones; `known` is a set or a mapping."""
    distinct = list(dict.fromkeys(names))
    unknown = [name for name in distinct if name not in known]
    if not unknown:
        return NameCheck(len(distinct), 0)
    first = tuple(unknown[:FIRST_FEW])
    return NameCheck(len(distinct), len(unknown), first, likely_remedy(unknown, known))


def likely_remedy(unknown: Sequence[str], known: Collection[str]) -> Remedy | None:
    """Return the smallest change that makes the most of the first unknown names known."""
    tried = unknown[:LOOKED_AT]
    if not known:
        return None
    by_case = {folded(name): name for name in known}
    by_base: dict[str, str] = {}
    for name in known:
        if "/" in name:
            by_base.setdefault(name.rpartition("/")[2], name)
    found: dict[tuple[Step, ...], tuple[str, str]] = {}
    counts: Counter[tuple[Step, ...]] = Counter()
    for name in tried:
        match = _nearest(name, known, by_case, by_base)
        if match:
            steps, meant = match
            counts[steps] += 1
            found.setdefault(steps, (name, meant))
    if not counts:
        return None
    steps, number = counts.most_common(1)[0]
    return Remedy(steps, *found[steps], number, len(tried))


_REMOVED = (Step.EXTENSION, Step.FOLDER, Step.PREFIX)
_COMBINED = list(chain.from_iterable(combinations(_REMOVED, size) for size in range(4)))


def _nearest(
    name: str, known: Collection[str], by_case: dict[str, str], by_base: dict[str, str]
) -> tuple[tuple[Step, ...], str] | None:
    """Return the fewest steps that lead from `name` to a known name, and that name."""
    for steps in _COMBINED:
        for tried in _without(name, steps):
            if tried in known and tried != name:
                return steps, tried
    for steps in _COMBINED:
        for tried in _without(name, steps):
            if (meant := by_case.get(folded(tried))) is not None:
                return (*steps, Step.CASE), meant
            if (meant := by_base.get(tried)) is not None:
                return (*steps, Step.LACKS_FOLDER), meant
    return None


def _without(name: str, steps: Sequence[Step]) -> Iterator[str]:
    """Yield what is left of a name without these parts; folders are taken off one by one."""
    paths = [name]
    if Step.FOLDER in steps:
        parts = re.split(r"[/\\]+", name)
        paths = ["/".join(parts[start:]) for start in range(len(parts)) if parts[start:]]
    for path in paths:
        left = EXTENSION.sub("", path) if Step.EXTENSION in steps else path
        if Step.PREFIX in steps:
            folder, slash, base = left.rpartition("/")
            left = folder + slash + base.removeprefix(QUERY_PREFIX)
        if left:
            yield left
