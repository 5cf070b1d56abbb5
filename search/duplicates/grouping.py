"""Pairs that hang together, as groups. Pure."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def grouped(pairs: Iterable[tuple[Item, Item]]) -> list[list[tuple[Item, Item]]]:
    """Return the pairs by what they connect, directly or through others; the largest group first.

    A group's size is how many items it connects. Groups of one size, and the pairs of each, keep
    the order they came in.
    """
    above: dict[Item, Item] = {}

    def root(item: Item) -> Item:
        while (up := above.setdefault(item, item)) != item:
            above[item] = above[up]
            item = above[item]
        return item

    kept = list(pairs)
    for first, second in kept:
        above[root(second)] = root(first)
    found: dict[Item, list[tuple[Item, Item]]] = {}
    for pair in kept:
        found.setdefault(root(pair[0]), []).append(pair)
    return sorted(found.values(), key=lambda group: len(members(group)), reverse=True)


def members(pairs: Iterable[tuple[Item, Item]]) -> list[Item]:
    """Return what the pairs of a group connect, each once, in the order it came in."""
    return list(dict.fromkeys(item for pair in pairs for item in pair))
