"""What the Work pages need of templates."""

import math

from django import template
from django.utils.formats import localize
from django.utils.translation import ngettext

register = template.Library()

MINUTE, HOUR = 60, 3600


@register.filter
def span(seconds: float) -> str:
    """Return a time of so many seconds in words, rounded up, in its largest fitting unit."""
    if seconds < 2 * MINUTE:
        number = max(1, math.ceil(seconds))
        text = ngettext("%(number)s second", "%(number)s seconds", number)
    elif seconds < 2 * HOUR:
        number = math.ceil(seconds / MINUTE)
        text = ngettext("%(number)s minute", "%(number)s minutes", number)
    else:
        number = math.ceil(seconds / HOUR)
        text = ngettext("%(number)s hour", "%(number)s hours", number)
    return text % {"number": localize(number)}
