"""What the plain modules say in English, in the reader's language. The one place for it."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.template.defaultfilters import floatformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.names import printable
from catalog.trouble.reasons import reason

from .formats.names import FIRST_FEW, QUERY_PREFIX, NameCheck, Remedy, Step
from .formats.problems import LISTED, InputError, Problem

if TYPE_CHECKING:
    from .models import Benchmark

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

# How pictures are changed for a trial; the keys are those of `distortions.DISTORTIONS`.
CHANGES: dict[str, Promise] = {
    "crop": gettext_lazy("cropped"),
    "detail": gettext_lazy("detail"),
    "mirror": gettext_lazy("mirrored"),
    "dark": gettext_lazy("dark"),
    "bright": gettext_lazy("bright"),
}


def problem_in_words(problem: Problem) -> str:
    """Return a problem as one sentence with its place: `file, line 3: ...`."""
    place = problem.file
    if problem.line is not None:
        place = _("%(file)s, line %(line)d") % {"file": place, "line": problem.line}
    if problem.where:
        place = f"{place}, {problem.where}"
    return f"{place}: {problem.sentence(_, reason_of)}"


def reason_of(error_number: int) -> str:
    """Say what an operating system's number of an error means."""
    return reason(OSError(error_number, os.strerror(error_number)))


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


# What names of a file have that those of the collection have not.
STEPS: dict[Step, Promise] = {
    Step.EXTENSION: gettext_lazy("an extension such as “.jpg”"),
    Step.FOLDER: gettext_lazy("a folder in front"),
    Step.PREFIX: gettext_lazy("the prefix “%(prefix)s”"),
}


def unknown_in_run(names: NameCheck, benchmark: "Benchmark", file: str) -> str:
    """Say which names of a run file are neither in the collection nor labelled."""
    facts = counted(names) | {
        "file": printable(file),
        "slug": benchmark.collection.slug,
        "benchmark": benchmark.name,
    }
    if names.none_known:
        text = ngettext(
            "The only name in %(file)s is neither in collection “%(slug)s” nor labelled in "
            "benchmark “%(benchmark)s”: %(first)s. Nothing was imported.",
            "None of the %(total)d names in %(file)s is in collection “%(slug)s” or labelled in "
            "benchmark “%(benchmark)s”: %(first)s. Nothing was imported.",
            names.total,
        )
    else:
        text = ngettext(
            "%(unknown)d of the %(total)d names in %(file)s (%(percent)s %%) is neither in "
            "collection “%(slug)s” nor labelled in benchmark “%(benchmark)s”: %(first)s. It "
            "counts as a wrong answer.",
            "%(unknown)d of the %(total)d names in %(file)s (%(percent)s %%) are neither in "
            "collection “%(slug)s” nor labelled in benchmark “%(benchmark)s”: %(first)s. They "
            "count as wrong answers.",
            names.unknown,
        )
    return with_remedy(text % facts, names)


def unknown_in_labels(names: NameCheck, slug: str) -> str:
    """Say which labelled names are not in the collection, which has pictures."""
    facts = counted(names) | {"slug": slug}
    if names.none_known:
        text = ngettext(
            "The only labelled name is not a picture of collection “%(slug)s”: %(first)s.",
            "None of the %(total)d labelled names is a picture of collection “%(slug)s”: "
            "%(first)s.",
            names.total,
        )
    else:
        text = ngettext(
            "%(unknown)d of the %(total)d labelled names (%(percent)s %%) is not in collection "
            "“%(slug)s”: %(first)s.",
            "%(unknown)d of the %(total)d labelled names (%(percent)s %%) are not in collection "
            "“%(slug)s”: %(first)s.",
            names.unknown,
        )
    return with_remedy(text % facts, names)


def unknown_queries(names: NameCheck, slug: str) -> str:
    """Say which query pictures are not in the collection, which has pictures."""
    text = ngettext(
        "%(unknown)d of the %(total)d query pictures (%(percent)s %%) is not in collection "
        "“%(slug)s”: %(first)s.",
        "%(unknown)d of the %(total)d query pictures (%(percent)s %%) are not in collection "
        "“%(slug)s”: %(first)s.",
        names.unknown,
    )
    return with_remedy(text % (counted(names) | {"slug": slug}), names)


def counted(names: NameCheck) -> dict[str, object]:
    return {
        "unknown": names.unknown,
        "total": names.total,
        "percent": floatformat(names.percent, -1),
        "first": first_few(names.first, of=names.unknown),
    }


def with_remedy(said: str, names: NameCheck) -> str:
    return said if names.remedy is None else f"{said} {remedy_in_words(names.remedy)}"


def remedy_in_words(remedy: Remedy) -> str:
    """Say how names would become known: what is different about them, and an example."""
    parts = [str(STEPS[step]) % {"prefix": QUERY_PREFIX} for step in remedy.steps if step in STEPS]
    texts = []
    if parts:
        text = _("They carry %(what)s, which the known names do not have.")
        texts.append(text % {"what": _(" and ").join(parts)})
    if Step.CASE in remedy.steps:
        texts.append(_("They differ from known names in capital letters."))
    if Step.LACKS_FOLDER in remedy.steps:
        texts.append(_("The known names have a folder in front, which these do not have."))
    text = _("Write “%(known)s” instead of “%(given)s”: that makes %(number)d of %(tried)d known.")
    example = {
        "known": printable(remedy.known),
        "given": printable(remedy.given),
        "number": remedy.number,
        "tried": remedy.tried,
    }
    return " ".join([*texts, text % example])


def first_few(names: Sequence[str], of: int | None = None, number: int = FIRST_FEW) -> str:
    """Return the first names in a row, with a sign that there are more; `of`: how many in all."""
    shown = [printable(name) for name in names[:number]]
    more = (len(names) if of is None else of) > len(shown)
    return ", ".join([*shown, *(["…"] if more else [])])
