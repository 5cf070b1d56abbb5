"""Template tags of the evaluation pages."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.template.defaultfilters import floatformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog import names

from .. import messages
from ..messages import CHANGES, PROTOCOLS
from ..models import EvaluationRun, Label, Source
from ..reports import charts
from ..views.sorting import Sorting

register = template.Library()

MOST_NAMES = 30

# A sign besides the word, and besides the frame: none of them is a colour.
SIGNS = {"good": "✓", "easy": "✓", "ok": "≈", "hard": "▲", "junk": "✕", "": "?"}


@register.inclusion_tag("evaluation/_badge.html")
def label_badge(label: str) -> dict[str, str]:
    """A label in words with its sign; the empty one is an image without a label."""
    shown = str(Label(label).label) if label in Label else label
    return {"kind": label or "none", "sign": SIGNS.get(label, "?"), "shown": shown}


@register.inclusion_tag("evaluation/_sort_head.html", takes_context=True)
def sort_head(context: template.Context, column: str, title: str, css: str = "") -> dict[str, Any]:
    """The head of a column that the table can be sorted by."""
    sorting: Sorting = context["sorting"]
    return {
        "request": context["request"],
        "title": title,
        "css": css,
        "wanted": sorting.after(column),
        "in_use": sorting.column == column,
        "descending": sorting.descending,
    }


@register.simple_tag
def fact(run: EvaluationRun, field: str, value: Any) -> str | SafeString:
    """A fact of the provenance as a reader wants it; what was not recorded is “not known”."""
    if field == "protocol":
        return str(PROTOCOLS[value][0])
    if field == "source":
        return str(Source(value).label)
    if field == "system" and run.source == Source.SEARCH:
        return _("this system")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field == "library_versions" and value:
        return ", ".join(f"{library} {version}" for library, version in value.items())
    if field == "recipe_facts" and value:
        return format_html("<code>{}</code>", json.dumps(value, ensure_ascii=False))
    if field == "engine_options" and run.source == Source.SEARCH:
        return format_html("<code>{}</code>", json.dumps(value)) if value else _("none")
    if not value:
        return _("not known")
    if field.endswith("_hash"):
        return format_html('<code class="hash" title="{}">{}</code>', value, value[:12])
    return format_html("<code>{}</code>", value)


@register.filter
def protocol_title(name: str) -> str:
    """A protocol's name in the reader's language."""
    return str(PROTOCOLS[name][0])


@register.filter
def printable(name: str) -> str:
    """A name on one line, in which nothing is invisible."""
    return names.printable(name)


@register.filter
def first_few(listed: Sequence[str], of: int | None = None) -> str:
    """The first of some names, and a sign that there are more; `of`: how many there are in all."""
    return messages.first_few(listed, of)


@register.filter
def in_a_row(listed: Sequence[str]) -> str:
    """Some names, and a sign that there are more where nobody would read them all."""
    return messages.first_few(listed[:MOST_NAMES], len(listed), MOST_NAMES)


@register.filter
def signed(value: float, places: int = 4) -> str:
    """A difference with its sign."""
    return charts.signed_number(value, places)


@register.filter
def percent(value: float | None) -> str:
    """A figure in [0, 1] as percent with one decimal, without the sign; a dash for none."""
    return "–" if value is None else str(floatformat(value * 100, 1))


@register.filter
def signed_percent(value: float) -> str:
    """A difference of figures in [0, 1] as percent with its sign."""
    return charts.signed_number(value * 100, 1)


@register.filter
def kind_of_change(kind: str) -> str:
    """How a picture was changed for a trial, in one word."""
    return str(CHANGES.get(kind, kind))


@register.filter
def value_at(values: Mapping[str, float], key: str) -> float | None:
    """The value of a key that a variable holds, None where there is none."""
    return values.get(key)


@register.filter
def p_value(value: float) -> str:
    """A p-value with three decimals; what would round to zero is told as a bound."""
    return f"< {floatformat(0.001, 3)}" if value < 0.0005 else str(floatformat(value, 3))
