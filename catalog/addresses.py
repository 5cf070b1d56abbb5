"""Addresses of numbered things, without asking Django's resolver for each of them.

A page of hits has three for each of its 30 pictures; resolving them was half of rendering it.
"""

from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse

# Stands for the number while an address is looked up; no other part of one looks like it.
PLACE = 10**15 + 37


def address(name: str, number: int, *rest: str) -> str:
    """Return `reverse(name, args=[number, *rest])`; raises `NoReverseMatch` as it does."""
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    before, after = around(name, rest, urlconf, get_script_prefix())
    return f"{before}{number:d}{after}"


@lru_cache(maxsize=256)
def around(name: str, rest: tuple[str, ...], urlconf: str, prefix: str) -> tuple[str, str]:
    """Return what stands before and after the number; `prefix` only tells answers apart."""
    before, _place, after = reverse(name, urlconf, args=[PLACE, *rest]).partition(str(PLACE))
    return before, after
