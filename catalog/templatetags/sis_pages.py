"""Template tags of the pages: renditions of pictures, and page numbers."""

import re
from collections.abc import Iterator

from django import template
from django.core.paginator import Page
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ..addresses import address
from ..files.thumbnails import FINER, SIZES, fitted
from ..models import Image
from ..names import printable

# Of a name, up to and with the separators that follow.
PARTS = re.compile(r"[^-_./]*[-_./]+|[^-_./]+")

register = template.Library()
register.simple_tag(address)  # as {% url %}, for what a page has many of
register.filter(printable)


@register.simple_tag
def rendition(image: Image, size: str, alt: str = "", *, lazy: bool = True) -> SafeString:
    """An `<img>` of `image` in one of the thumbnail sizes.

    Its address carries the content's hash, so that browsers may keep it for good; width and
    height are those of the rendition, so that a page does not jump while pictures arrive.
    """
    width, height = fitted(image.width, image.height, SIZES[size])
    version = image.sha256[:12]
    finer = FINER.get(size)
    return format_html(
        '<img src="{}?v={}"{} alt="{}" width="{}" height="{}"{} decoding="async">',
        address("catalog:thumbnail", image.pk, size),
        version,
        format_html(' srcset="{}?v={} 2x"', address("catalog:thumbnail", image.pk, finer), version)
        if finer
        else "",
        alt,
        width,
        height,
        SafeString(' loading="lazy"') if lazy else "",
    )


@register.filter
def breakable(name: str) -> SafeString:
    """A name in which lines break after separators, before they break anywhere else."""
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in PARTS.findall(name)))


@register.simple_tag
def page_numbers(page: Page) -> Iterator[int | str]:
    """The numbers to link in a pager: first, last, and those around `page`; an ellipsis between."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.filter
def plain(number: float) -> str:
    """A number for an SVG attribute: a decimal point in every language."""
    return f"{number:g}"


@register.filter
def precise(number: float) -> str:
    """As `plain`, with ten digits: for positions, and what transforms them."""
    return f"{number:.10g}"
