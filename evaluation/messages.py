"""What the plain modules say in English, in the reader's language. The one place for it."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .formats.problems import LISTED, InputError, Problem
from .formats.problems import ProblemCode as Code

# The English is that of `problems.MESSAGES`, spelt out here because extraction of texts to
# translate sees literals only.
SENTENCES: dict[Code, Promise] = {
    Code.NOT_FOUND: gettext_lazy("there is no such file or folder"),
    Code.UNKNOWN_KIND: gettext_lazy("is neither a folder nor a .tgz, .tar.gz or .json file"),
    Code.PICKLE: gettext_lazy(
        "pickle files can run code when they are read, so they are never loaded; convert "
        "the file to JSON"
    ),
    Code.UNREADABLE: gettext_lazy("cannot be read: {detail}"),
    Code.BAD_ARCHIVE: gettext_lazy("is not a whole gzip-compressed tar archive: {detail}"),
    Code.NOT_REGULAR: gettext_lazy(
        "is not a regular file; links, folders and devices are not read"
    ),
    Code.TOO_MANY_FILES: gettext_lazy("holds more than {detail} files"),
    Code.TOO_LARGE: gettext_lazy("is larger than {detail} bytes"),
    Code.SAME_FILE_NAME: gettext_lazy("two files have this name; the other one is {other}"),
    Code.UNKNOWN_FILE: gettext_lazy(
        "is none of X_query.txt and X_<label>.txt with a label of {detail}"
    ),
    Code.IGNORED_FILE: gettext_lazy("was left out: hidden files hold no ground truth"),
    Code.MISSING_FILE: gettext_lazy("is missing for topic “{detail}”"),
    Code.NO_TOPICS: gettext_lazy("holds no topics"),
    Code.NOT_TEXT: gettext_lazy("is not UTF-8 text (byte {detail})"),
    Code.BAD_NAME: gettext_lazy(
        "the name “{detail}” is empty, has control characters or is no valid text"
    ),
    Code.LONG_NAME: gettext_lazy(
        "the name starting with “{detail}” is longer than {other} characters"
    ),
    Code.EMPTY_QUERY: gettext_lazy("names no query picture"),
    Code.EXTRA_QUERY: gettext_lazy("a second query line “{detail}”; a topic has one query picture"),
    Code.BAD_BOX: gettext_lazy(
        "“{detail}” is not a picture name, or a name and a box of four finite numbers x1 y1 x2 y2"
    ),
    Code.BOX_ORDER: gettext_lazy("the box {detail} is empty: x1 < x2 and y1 < y2 are required"),
    Code.BOX_NEGATIVE: gettext_lazy("the box {detail} begins outside its picture"),
    Code.BOX_OUTSIDE: gettext_lazy("the box {detail} ends outside its picture of {other} pixels"),
    Code.DUPLICATE: gettext_lazy("“{detail}” was listed before at {other}; it counts once"),
    Code.TWO_LABELS: gettext_lazy("“{detail}” has another label already at {other}"),
    Code.BAD_JSON: gettext_lazy("is not valid JSON: {detail}"),
    Code.WRONG_TYPE: gettext_lazy("expected {detail}"),
    Code.UNKNOWN_KEY: gettext_lazy("unknown key “{detail}”"),
    Code.MISSING_KEY: gettext_lazy("the key “{detail}” is missing"),
    Code.SAME_TOPIC: gettext_lazy("topic “{detail}” was listed before at {other}"),
    Code.BAD_COLUMNS: gettext_lazy(
        "expected 6 columns (topic Q0 name rank score tag), found {detail}"
    ),
    Code.BAD_SCORE: gettext_lazy("the score “{detail}” is not a finite single-precision number"),
    Code.SAME_DOCUMENT: gettext_lazy("“{detail}” was ranked before for this topic at line {other}"),
    Code.NO_RESULTS: gettext_lazy("holds no results"),
    Code.TOO_MANY_PROBLEMS: gettext_lazy("reading stopped after {detail} problems"),
}

# Name and explanation of each protocol.
PROTOCOLS: dict[str, tuple[Promise, Promise]] = {
    "standard": (
        gettext_lazy("standard (good and ok)"),
        gettext_lazy("Good and ok pictures are right answers; junk neither helps nor harms."),
    ),
    "good": (
        gettext_lazy("good"),
        gettext_lazy("Only good pictures are right answers; ok and junk are ignored."),
    ),
    "ok": (
        gettext_lazy("ok"),
        gettext_lazy("Only ok pictures are right answers; good and junk are ignored."),
    ),
    "junk": (
        gettext_lazy("junk"),
        gettext_lazy("How high junk ranks: a diagnosis, not a quality. Good and ok are ignored."),
    ),
    "easy": (
        gettext_lazy("easy"),
        gettext_lazy("Easy pictures are right answers; hard and junk are ignored."),
    ),
    "medium": (
        gettext_lazy("medium (easy and hard)"),
        gettext_lazy("Easy and hard pictures are right answers; junk is ignored."),
    ),
    "hard": (
        gettext_lazy("hard"),
        gettext_lazy("Hard pictures are right answers; easy and junk are ignored."),
    ),
}


def problem_in_words(problem: Problem) -> str:
    """Return a problem as one sentence with its place: `file, line 3: ...`."""
    place = problem.file
    if problem.line is not None:
        place = _("%(file)s, line %(line)d") % {"file": place, "line": problem.line}
    if problem.where:
        place = f"{place}, {problem.where}"
    sentence = str(SENTENCES[problem.code]).format(detail=problem.detail, other=problem.other)
    return f"{place}: {sentence}"


def problems_in_words(error: InputError) -> str:
    """Return everything that is wrong with a file, a line each; a very long list is cut."""
    return "\n".join(each_in_words(error.problems))


def each_in_words(problems: Sequence[Problem]) -> list[str]:
    """Return a sentence for each problem; where there are very many, the rest is counted."""
    lines = [problem_in_words(problem) for problem in problems[:LISTED]]
    rest = len(problems) - LISTED
    if rest > 0:
        more = ngettext("… and %(number)d more problem", "… and %(number)d more problems", rest)
        lines.append(more % {"number": rest})
    return lines
