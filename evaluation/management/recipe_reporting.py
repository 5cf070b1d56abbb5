"""How commands show recipes side by side."""

import json
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.names import printable
from evaluation.measures.literature import REPORTED
from evaluation.reports.recipe_exports import literature_as_list, measured_here, table_as_dict
from evaluation.reports.recipe_table import RecipeRow, RecipeTable

Skipped = Sequence[tuple[str, str]]


def recipes_as_json(table: RecipeTable, skipped: Skipped, *, literature: bool = False) -> str:
    """Return the table as one JSON document."""
    found = table_as_dict(table, skipped)
    if literature:
        found["literature"] = literature_as_list(table.rows)
    return json.dumps(found, indent=1, ensure_ascii=False)


def recipes_as_table(table: RecipeTable, skipped: Skipped) -> Iterator[str]:
    """Yield the lines: a recipe each, best first, what the figures are of, and what is missing."""
    width = max([len(_("way to rank")), *(len(printable(row.recipe)) for row in table.rows)])
    difference = _("difference")
    yield (
        f"{_('way to rank'):<{width}}{'mAP':>7}  {'95 %':<13}{'P@1':>7}{'P@10':>7}"
        f"{_('ms/query'):>10}{_('bytes'):>8}  {difference}"
    )
    for row in table.rows:
        yield f"{printable(row.recipe):<{width}}{figures(row)}"
    yield ""
    yield from explanations(table)
    for name, reason in skipped:
        yield _("%(name)s was skipped: %(reason)s") % {"name": printable(name), "reason": reason}


def figures(row: RecipeRow) -> str:
    """Return a row's figures in percent."""
    interval = row.interval
    span = f"{interval.low:.1%}-{interval.high:.1%}".replace("%", "") if interval else "-"
    milliseconds = "-" if row.milliseconds is None else f"{row.milliseconds:.1f}"
    stored = "-" if row.run.bytes_per_picture is None else str(row.run.bytes_per_picture)
    mark = " *" if row.run.saw_collection else ""
    return (
        f"{percent(row.run.mean_ap):>7}  {span:<13}{percent(row.p1):>7}{percent(row.p10):>7}"
        f"{milliseconds:>10}{stored:>8}  {difference_in_words(row)}{mark}"
    )


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.1f}"


def difference_in_words(row: RecipeRow) -> str:
    if row.is_baseline:
        return _("baseline")
    if row.obstacles:
        return _("not comparable: %(fields)s") % {"fields": ", ".join(row.obstacles)}
    if row.difference is None:
        return _("no topic in common")
    found, test = row.difference.interval, row.difference.test
    return (
        f"{found.mean * 100:+.1f} [{found.low * 100:+.1f}, {found.high * 100:+.1f}] "
        f"p = {test.p_value:.3g}"
    )


def explanations(table: RecipeTable) -> Iterator[str]:
    """Yield what a reader must know about the figures."""
    number = table.landmarks
    if not table.rows:
        yield _("No way to rank has been evaluated.")
        return
    if number:
        yield ngettext(
            "Percent. Intervals: 95 %%, bootstrap over %(number)d landmark; differences: means "
            "over landmarks; p: sign flips over landmarks.",
            "Percent. Intervals: 95 %%, bootstrap over %(number)d landmarks; differences: means "
            "over landmarks; p: sign flips over landmarks.",
            number,
        ) % {"number": number}
    else:
        yield _("Percent. One landmark only: no interval can be given.")
    if table.smallest_p is not None:
        yield _("All sign patterns were counted: no p can be below %(smallest)s.") % {
            "smallest": f"{table.smallest_p:.2g}"
        }
    yield _(
        "Time: median of ranking one topic for its first 100 results, without describing it. "
        "Bytes: vectors of one picture."
    )
    if table.saw_collection:
        yield _("* was learned on the pictures that it is measured on: do not trust its figures.")


def literature_lines(table: RecipeTable) -> Iterator[str]:
    """Yield what is reported for Oxford5k elsewhere, with what was measured here beside it."""
    yield _("Reported for Oxford5k with networks trained on ImageNet, mAP in percent:")
    width = max(len(reported.method) for reported in REPORTED)
    for reported in REPORTED:
        ours = measured_here(reported, table.rows)
        here = (
            _("not measured here")
            if ours is None
            else _("here: %(figure)s (%(recipe)s)")
            % {"figure": percent(ours.run.mean_ap), "recipe": ours.recipe}
        )
        yield f"{reported.method:<{width}}  {reported.span:>7}  {here}  ({reported.source})"
    yield _(
        "These figures are of the whole benchmark (5,063 pictures, 55 topics) and of the papers' "
        "own settings; on a part of it ours are no comparison."
    )
