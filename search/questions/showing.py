"""What a page shows of its question: its pictures and marks, and the ways to change them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.models import Image

from ..models import Query
from .model import Mark, Question

# From another question to the address that asks it.
Link = Callable[[Question], str]


@dataclass(frozen=True, slots=True)
class ShownExample:
    """A picture of a question: `query` or `image`, neither where it is gone.

    `switch_url` asks without it, or with it again; `remove_url` is empty for the page's own.
    """

    is_on: bool
    switch_url: str
    remove_url: str
    query: Query | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A marked image; `remove_url` asks without the mark."""

    image: Image
    mark: Mark
    remove_url: str


def shown_examples(
    question: Question, own: Query | Image, link: Link, user: Any
) -> list[ShownExample]:
    """Return the pictures of a question, the page's own first; what is not seen is gone."""
    keys = [example.key for example in question.others]
    queries = Query.objects.visible_to(user).in_bulk([key for key in keys if isinstance(key, UUID)])
    images = Image.objects.visible_to(user).in_bulk([key for key in keys if isinstance(key, int)])
    found: list[Query | Image | None] = [own]
    found += [queries.get(key) if isinstance(key, UUID) else images.get(key) for key in keys]
    return [
        ShownExample(
            place not in question.off,
            link(question.switched(place)),
            link(question.without(place)) if place else "",
            one if isinstance(one, Query) else None,
            one if isinstance(one, Image) else None,
        )
        for place, one in enumerate(found)
    ]


def shown_marks(question: Question, link: Link, user: Any) -> list[ShownMark]:
    """Return the marked images that still exist and are seen, in the order of marking."""
    marks = question.marks
    images = Image.objects.visible_to(user).in_bulk(marks)
    return [
        ShownMark(images[pk], mark, link(question.unmarked(pk)))
        for pk, mark in marks.items()
        if pk in images
    ]
