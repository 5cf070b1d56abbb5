"""An import's report in words, for a terminal."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.imports.report import ImportReport
from catalog.names import printable

LINES_SHOWN = 40
KINDS_SHOWN = 12


def first_lines(lines: Sequence[str], shown: int | None) -> Iterator[str]:
    """Yield at most `shown` lines (None: all), and how many more there are."""
    yield from lines[:shown]
    rest = len(lines) - len(lines[:shown])
    if rest:
        more = ngettext(
            "… and %(number)d more (all of them with -v 2).",
            "… and %(number)d more (all of them with -v 2).",
            rest,
        )
        yield more % {"number": rest}


def same_place(report: ImportReport, shown: int | None) -> Iterator[str]:
    """Yield what was found under another name, and what has the content of another file."""
    yield from first_lines(
        [
            _("%(before)s is called %(now)s now.") % {"before": before, "now": now}
            for before, now in report.renamed
        ],
        shown,
    )
    yield from first_lines(
        [
            _("%(source)s: the same content as “%(name)s”, stored once.")
            % {"source": source, "name": name}
            for source, name in report.duplicates
        ],
        shown,
    )


def passed_over(report: ImportReport) -> Iterator[str]:
    """Yield one line about what lies beside the pictures, if anything does."""
    kinds = sorted(report.passed.items(), key=lambda item: (-item[1], item[0]))
    number = report.passed.total()
    named = [f"{count} {printable(kind) or _('without extension')}" for kind, count in kinds]
    if len(named) > KINDS_SHOWN:
        named = [*named[:KINDS_SHOWN], "…"]
    if number:
        yield ngettext(
            "%(number)d file that is no picture skipped: %(kinds)s.",
            "%(number)d files that are no pictures skipped: %(kinds)s.",
            number,
        ) % {"number": number, "kinds": ", ".join(named)}


def gone(report: ImportReport, shown: int | None) -> Iterator[str]:
    """Yield which images of the collection have no file any more, if there are any."""
    number = len(report.gone)
    if not number:
        return
    yield ngettext(
        "%(number)d picture of the collection is not there any more:",
        "%(number)d pictures of the collection are not there any more:",
        number,
    ) % {"number": number}
    yield from first_lines([f"  {printable(row.source_name)}" for row in report.gone], shown)


def summary(report: ImportReport, source: str) -> str:
    if not report.total:
        return _("There are no files to import in “%(source)s”.") % {"source": printable(source)}
    return _(
        "%(added)d added, %(replaced)d replaced, %(unchanged)d unchanged, %(renamed)d renamed, "
        "%(duplicates)d with the content of another, %(skipped)d skipped."
    ) % {
        "added": report.added,
        "replaced": report.replaced,
        "unchanged": report.unchanged,
        "renamed": len(report.renamed),
        "duplicates": len(report.duplicates),
        "skipped": len(report.skipped),
    }
