"""Pictures of a collection by name: how names in judgements and runs are tied to rows."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from catalog.models import Image

# Databases take a limited number of values in one statement.
VALUES_AT_A_TIME = 500

Value = TypeVar("Value")


def in_parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Cut values into parts that fit into one statement."""
    for start in range(0, len(values), VALUES_AT_A_TIME):
        yield values[start : start + VALUES_AT_A_TIME]


def pictures_named(collection: str, names: Sequence[str]) -> dict[str, Image]:
    """Return the pictures of these names, by name, of the collection with that short name."""
    pictures = Image.objects.filter(collection__slug=collection)
    return {
        picture.name: picture
        for part in in_parts(names)
        for picture in pictures.filter(name__in=part)
    }
