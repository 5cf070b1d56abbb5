"""What can be wrong with a file of facts or results, as data. Pure, no Django.

A `Problem` keeps its code and its details apart from the English sentence, so that a page can say
the same in another language: see `Problem.sentence`.
"""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from catalog.names import printable

from .phrases import PHRASES, gettext_noop

# A sentence of thousands of lines helps nobody; `problems` keeps them all.
LISTED = 50

# Reading stops here: a hostile file of two-byte lines has a problem in each.
MAX_PROBLEMS = 10_000

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class ProblemCode(StrEnum):
    """What is wrong. The values are stable: they may be stored and translated."""

    NOT_FOUND = "not-found"
    UNKNOWN_KIND = "unknown-kind"
    PICKLE = "pickle"
    BAD_PICKLE = "bad-pickle"
    UNREADABLE = "unreadable"
    BAD_ARCHIVE = "bad-archive"
    NOT_REGULAR = "not-regular"
    TOO_MANY_FILES = "too-many-files"
    TOO_LARGE = "too-large"
    SAME_FILE_NAME = "same-file-name"
    UNKNOWN_FILE = "unknown-file"
    IGNORED_FILE = "ignored-file"
    MISSING_FILE = "missing-file"
    NO_TOPICS = "no-topics"
    NOT_TEXT = "not-text"
    BAD_NAME = "bad-name"
    LONG_NAME = "long-name"
    EMPTY_QUERY = "empty-query"
    EXTRA_QUERY = "extra-query"
    BAD_BOX = "bad-box"
    BOX_ORDER = "box-order"
    BOX_NEGATIVE = "box-negative"
    BOX_OUTSIDE = "box-outside"
    DUPLICATE = "duplicate"
    OTHER_SPELLING = "other-spelling"
    TWO_LABELS = "two-labels"
    BAD_JSON = "bad-json"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    SAME_TOPIC = "same-topic"
    SAME_NAME = "same-name"
    BAD_INDEX = "bad-index"
    OTHER_LENGTH = "other-length"
    TOO_MANY_LABELS = "too-many-labels"
    OTHER_KEY = "other-key"
    BAD_COLUMNS = "bad-columns"
    BAD_SCORE = "bad-score"
    SAME_DOCUMENT = "same-document"
    SAME_SPELLED = "same-spelled"
    NO_RESULTS = "no-results"
    TOO_MANY_PROBLEMS = "too-many-problems"


MESSAGES: dict[ProblemCode, str] = {
    ProblemCode.NOT_FOUND: gettext_noop("there is no such file or folder"),
    ProblemCode.UNKNOWN_KIND: gettext_noop(
        "is neither a folder nor a .tgz, .tar.gz, .json or .pkl file"
    ),
    ProblemCode.PICKLE: gettext_noop(
        "asks for {detail}: of a pickle file, only lists, dicts, texts, numbers and NumPy arrays "
        "are read. Nothing of it was run; if you trust where it comes from, save those as JSON"
    ),
    ProblemCode.BAD_PICKLE: gettext_noop("is not a pickle file that can be read: {detail}"),
    ProblemCode.UNREADABLE: gettext_noop("cannot be read: {detail}"),
    ProblemCode.BAD_ARCHIVE: gettext_noop(
        "is not a complete gzip-compressed tar archive: {detail}"
    ),
    ProblemCode.NOT_REGULAR: gettext_noop(
        "is not a regular file; links, folders and devices are not read"
    ),
    ProblemCode.TOO_MANY_FILES: gettext_noop("contains more than {detail} files"),
    ProblemCode.TOO_LARGE: gettext_noop("is larger than {detail} bytes"),
    ProblemCode.SAME_FILE_NAME: gettext_noop("two files have this name; the other one is {other}"),
    ProblemCode.UNKNOWN_FILE: gettext_noop(
        "is neither X_query.txt nor X_<label>.txt with one of the labels {detail}"
    ),
    ProblemCode.IGNORED_FILE: gettext_noop("was skipped: hidden files are not read"),
    ProblemCode.MISSING_FILE: gettext_noop("is missing for topic “{detail}”"),
    ProblemCode.NO_TOPICS: gettext_noop("contains no topics"),
    ProblemCode.NOT_TEXT: gettext_noop("is not UTF-8 text ({detail}); save it as UTF-8"),
    ProblemCode.BAD_NAME: gettext_noop(
        "the name “{detail}” is empty, contains control characters or is not valid text"
    ),
    ProblemCode.LONG_NAME: gettext_noop(
        "the name starting with “{detail}” is longer than {other} characters"
    ),
    ProblemCode.EMPTY_QUERY: gettext_noop("does not name a query picture"),
    ProblemCode.EXTRA_QUERY: gettext_noop(
        "has a second query line “{detail}”; a topic has only one query picture"
    ),
    ProblemCode.BAD_BOX: gettext_noop(
        "“{detail}” is not a picture name, or a name and a box of four finite numbers x1 y1 x2 y2"
    ),
    ProblemCode.BOX_ORDER: gettext_noop(
        "the box {detail} is empty: x1 < x2 and y1 < y2 are required"
    ),
    ProblemCode.BOX_NEGATIVE: gettext_noop("the box {detail} starts outside its picture"),
    ProblemCode.BOX_OUTSIDE: gettext_noop(
        "the box {detail} ends outside its picture of {other} pixels"
    ),
    ProblemCode.DUPLICATE: gettext_noop("“{detail}” was already listed at {other}; it counts once"),
    ProblemCode.OTHER_SPELLING: gettext_noop(
        "“{detail}” was already listed at {other}, written with other code points of the same "
        "letters; it counts once"
    ),
    ProblemCode.TWO_LABELS: gettext_noop("“{detail}” already has another label at {other}"),
    ProblemCode.BAD_JSON: gettext_noop("is not valid JSON: {detail}"),
    ProblemCode.WRONG_TYPE: gettext_noop("expected {detail}"),
    ProblemCode.UNKNOWN_KEY: gettext_noop("unknown key “{detail}”"),
    ProblemCode.MISSING_KEY: gettext_noop("the key “{detail}” is missing"),
    ProblemCode.SAME_TOPIC: gettext_noop("topic “{detail}” was already listed at {other}"),
    ProblemCode.SAME_NAME: gettext_noop("“{detail}” was already listed at {other}"),
    ProblemCode.BAD_INDEX: gettext_noop(
        "{detail} is not the index of one of the {other} names of imlist, which count from 0"
    ),
    ProblemCode.OTHER_LENGTH: gettext_noop(
        "has {detail} entries, and qimlist has {other} names: each query needs one entry"
    ),
    ProblemCode.TOO_MANY_LABELS: gettext_noop("lists more than {detail} names and labels"),
    ProblemCode.OTHER_KEY: gettext_noop("the key “{detail}” is not read"),
    ProblemCode.BAD_COLUMNS: gettext_noop(
        "expected 6 columns (topic Q0 name rank score tag), found {detail}"
    ),
    ProblemCode.BAD_SCORE: gettext_noop(
        "the score “{detail}” is not a finite single-precision number"
    ),
    ProblemCode.SAME_DOCUMENT: gettext_noop(
        "“{detail}” was already ranked for this topic on line {other}"
    ),
    ProblemCode.SAME_SPELLED: gettext_noop(
        "“{detail}” was already ranked for this topic on line {other}, written with other code "
        "points of the same letters"
    ),
    ProblemCode.NO_RESULTS: gettext_noop("contains no results"),
    ProblemCode.TOO_MANY_PROBLEMS: gettext_noop("reading stopped after {detail} problems"),
}

# Their detail is a `Phrase`.
PHRASED = frozenset(
    {
        *(ProblemCode.BAD_ARCHIVE, ProblemCode.BAD_JSON, ProblemCode.BAD_PICKLE),
        *(ProblemCode.NOT_TEXT, ProblemCode.WRONG_TYPE, ProblemCode.PICKLE),
    }
)


def in_english(error_number: int) -> str:
    return os.strerror(error_number) if error_number else "unknown error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or worth knowing.

    `file`: base name of the file; `line`: 1-based, None where no line is meant; `detail` and
    `other` fill the sentence's places; `where`: the path inside a document, else empty. The
    detail of `UNREADABLE` is the operating system's number of the error.
    """

    file: str
    line: int | None
    code: ProblemCode
    detail: str = ""
    other: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        # What a file says must not steer a terminal or break a database when it is quoted.
        for name in ("file", "detail", "other", "where"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def sentence(
        self,
        translated: Callable[[str], str] = str,
        reason: Callable[[int], str] = in_english,
    ) -> str:
        """Return the sentence without its place; `reason` says an operating system's error."""
        detail = self.detail
        if self.code in PHRASED and detail in PHRASES:
            detail = translated(detail).format(other=self.other)
        elif self.code is ProblemCode.UNREADABLE:
            detail = reason(int(detail))
        return translated(MESSAGES[self.code]).format(detail=detail, other=self.other)

    def __str__(self) -> str:
        """The English sentence with its place: `file, line 3: ...`."""
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.where:
            place += f", {self.where}"
        return f"{place}: {self.sentence()}"


def unreadable(file: str, error: OSError) -> Problem:
    """Return the problem that the operating system could not read a file."""
    return Problem(file, None, ProblemCode.UNREADABLE, str(error.errno or 0))


class InputError(ValueError):
    """A file that cannot be used. `problems` lists everything that is wrong with it, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:LISTED]]
        if len(self.problems) > LISTED:
            lines.append(f"... and {len(self.problems) - LISTED} more problems")
        return "\n".join(lines)


class GroundTruthError(InputError):
    """Ground truth that cannot be used."""


class Findings:
    """Collects what is wrong (`problems`) and what is only worth knowing (`warnings`)."""

    def __init__(self, error: type[InputError]) -> None:
        self.error = error
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Note a problem. Raises the error at once where there are `MAX_PROBLEMS`."""
        self.problems.append(problem)
        self._stop_if_hopeless(problem.file)

    def warn(self, problem: Problem) -> None:
        """Note a warning; that many of them are a problem too."""
        self.warnings.append(problem)
        self._stop_if_hopeless(problem.file)

    def raise_if_any(self) -> None:
        """Raise the error with all problems, if there are any."""
        if self.problems:
            raise self.error(self.problems)

    def _stop_if_hopeless(self, file: str) -> None:
        if len(self.problems) + len(self.warnings) >= MAX_PROBLEMS:
            code = ProblemCode.TOO_MANY_PROBLEMS
            last = Problem(file, None, code, str(MAX_PROBLEMS))
            raise self.error([*(self.problems or self.warnings), last])


class RunFileError(InputError):
    """A run file that cannot be used."""
