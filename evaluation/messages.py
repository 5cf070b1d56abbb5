"""What the plain modules say in English, in the reader's language. The one place for it."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .formats.problems import LISTED, MESSAGES, InputError, Problem

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
        gettext_lazy(
            "How high junk ranks: a diagnostic, not a measure of quality. Good and ok are ignored."
        ),
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
    sentence = _(MESSAGES[problem.code]).format(detail=problem.detail, other=problem.other)
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
