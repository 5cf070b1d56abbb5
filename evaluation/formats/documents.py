"""What JSON and pickle documents of ground truth have in common: how values are read. Pure.

Every problem is noted with its path in the document, such as `gnd[3].easy[2]`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .arrays import Array, Refused
from .ground_truth import Box, box_fault
from .names import MAX_NAME_LENGTH, entering, name_fault
from .phrases import Phrase
from .pickles import load
from .problems import Findings, GroundTruthError, Problem, ProblemCode
from .texts import NotText, text_of

# The published files have a tenth of it. A pickle may list one list many times.
MAX_ENTRIES = 2_000_000
# Blanks around a name, and letters in several parts, make it longer than it is.
_LONGEST_WRITTEN = 16 * MAX_NAME_LENGTH


@dataclass(frozen=True, slots=True)
class Listed:
    """Where a name of a topic was listed first, under which label, and how it was written."""

    label: str
    where: str
    written: str


class _NoNumberError(ValueError):
    """A constant such as NaN, which JSON does not have."""


class _RepeatedKeyError(ValueError):
    """An object has one key twice; which value counts would be a guess."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _RepeatedKeyError(key[:60])
        made[key] = value
    return made


def _no_constant(text: str) -> float:
    raise _NoNumberError(text)


class Reader:
    """Reads a document's values and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings = Findings(GroundTruthError)
        self.entries = 0

    @property
    def count(self) -> int:
        return len(self.findings.problems)

    def add(self, where: str, code: ProblemCode, detail: str = "", other: str = "") -> None:
        self.findings.add(Problem(self.file, None, code, detail, other, where))

    def warn(self, where: str, code: ProblemCode, detail: str = "", other: str = "") -> None:
        self.findings.warn(Problem(self.file, None, code, detail, other, where))

    def json(self, data: bytes) -> Any:
        """Return what a JSON file holds. Raises `GroundTruthError`."""
        try:
            text = text_of(data, self.file)
            return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        except NotText as error:
            self.findings.add(error.problem)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
            phrase, other = (Phrase.CUT, "") if cut else (Phrase.NOT_JSON, str(error.colno))
            problem = Problem(self.file, error.lineno, ProblemCode.BAD_JSON, phrase, other)
            self.findings.add(problem)
        except _RepeatedKeyError as error:
            self.add("", ProblemCode.BAD_JSON, Phrase.REPEATED_KEY, str(error))
        except _NoNumberError as error:
            self.add("", ProblemCode.BAD_JSON, Phrase.NO_NUMBER, str(error))
        except ValueError:
            self.add("", ProblemCode.BAD_JSON, Phrase.LONG_NUMBER)
        except RecursionError:
            self.add("", ProblemCode.BAD_JSON, Phrase.TOO_DEEP)
        raise self.failure()

    def pickle(self, data: bytes) -> Any:
        """Return what a pickle file holds; nothing of it is run. Raises `GroundTruthError`."""
        try:
            return load(data)
        except Refused as refusal:
            self.add("", refusal.code, refusal.detail, refusal.other)
        raise self.failure()

    def failure(self) -> GroundTruthError:
        """Return the error of everything that is wrong so far."""
        return GroundTruthError(self.findings.problems)

    def keys(
        self,
        entry: Mapping[str, Any],
        wanted: tuple[str, ...],
        allowed: tuple[str, ...],
        where: str,
    ) -> None:
        for key in wanted:
            if key not in entry:
                self.add(where, ProblemCode.MISSING_KEY, key)
        for key in entry:
            if key not in wanted and key not in allowed:
                self.add(where, ProblemCode.UNKNOWN_KEY, key[:60])

    def listed(self, value: Any, where: str, expected: Phrase) -> list[Any] | None:
        """Return a list's values; notes the problem, and returns None, where it is no list."""
        if isinstance(value, Array):
            self.entries += value.size
            self._check_entries()
            value = plain(value)
        if not isinstance(value, list | tuple):
            self.add(where, ProblemCode.WRONG_TYPE, expected)
            return None
        self.entries += len(value)
        self._check_entries()
        return list(value)

    def _check_entries(self) -> None:
        if self.entries > MAX_ENTRIES:
            self.add("", ProblemCode.TOO_MANY_LABELS, str(MAX_ENTRIES))
            raise self.failure()

    def name(self, value: Any, where: str) -> str:
        """Return a name as it is compared; notes a problem with it."""
        if not isinstance(value, str | bytes):
            self.add(where, ProblemCode.WRONG_TYPE, Phrase.TEXT)
            return ""
        if len(value) > _LONGEST_WRITTEN:
            start = written(value[:60])
            self.add(where, ProblemCode.LONG_NAME, start, str(MAX_NAME_LENGTH))
            return ""
        name = entering(written(value))
        fault = name_fault(name)
        if fault:
            self.add(where, *fault)
        return name

    def labelled(
        self, label: str, found: Iterator[tuple[str, str, str]], places: dict[str, Listed]
    ) -> tuple[str, ...]:
        """Return names, each once, of (name, how it is written, where) under a label.

        `places`: where the topic's names were listed before; is added to.
        """
        names = []
        for name, written_as, where in found:
            before = places.setdefault(name, Listed(label, where, written_as))
            if before.where == where:
                names.append(name)
            elif before.label != label:
                self.add(where, ProblemCode.TWO_LABELS, name, before.where)
            else:
                same = before.written == written_as
                code = ProblemCode.DUPLICATE if same else ProblemCode.OTHER_SPELLING
                self.warn(where, code, name, before.where)
        return tuple(names)

    def box(self, value: Any, where: str) -> Box | None:
        if value is None:
            return None
        if isinstance(value, Array):
            value = (plain(value) or ()) if value.size == 4 else ()
        # bool is an int in Python, but true is not a coordinate.
        numbers = (
            isinstance(value, list | tuple)
            and len(value) == 4
            and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)
        )
        if not numbers:
            self.add(where, ProblemCode.WRONG_TYPE, Phrase.BOX)
            return None
        try:
            x1, y1, x2, y2 = (float(item) for item in value)
        except OverflowError:
            self.add(where, ProblemCode.WRONG_TYPE, Phrase.FINITE_BOX)
            return None
        box = (x1, y1, x2, y2)
        fault = box_fault(box)
        if fault:
            self.add(where, *fault)
        return box


def plain(array: Array) -> Any:
    """Return an array's values as lists; None where it holds none, or texts that are none."""
    try:
        return array.values()
    except ValueError:
        return None


def written(value: str | bytes) -> str:
    """Return a text; those of Python 2's pickles are bytes, and say in what encoding nowhere."""
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        # What `pickle.load(..., encoding="latin1")` gives; names that nobody knows are counted.
        return value.decode("latin-1")
