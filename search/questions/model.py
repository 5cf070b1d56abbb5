"""A question as its address holds it. Pure: knows no rows, no pictures.

`with` (repeated) names each further picture, `off` the places of those that are switched off (0 is
the page's own), and each `marks` is one round of feedback: `l5.u7` marks image 5 as a match and
image 7 as none, `n5` takes a mark back. All of a search is in its address: it can be shared, and
"back" leads to the round before.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self
from uuid import UUID

Kind = Literal["query", "image"]
Mark = Literal["like", "unlike"]

MOST_EXAMPLES = 8
# So that an address stays below 4 KB, which every server and browser takes.
MOST_MARKS = 300
# Of an image, in 18 digits: larger ones no database gives.
LARGEST_NUMBER = 10**18 - 1
LETTERS: dict[str, Mark | None] = {"l": "like", "u": "unlike", "n": None}
ROUND = re.compile(r"[lun][0-9]{1,18}(\.[lun][0-9]{1,18})*")
EXAMPLE = re.compile(r"q(?P<query>[0-9a-f-]{36})|i(?P<image>[0-9]{1,18})")

# One round of feedback: what it says of images, by number; None takes a mark back.
Round = tuple[tuple[int, Mark | None], ...]


class QuestionError(ValueError):
    """An address asks for what is none of the things it can ask for."""


@dataclass(frozen=True, slots=True)
class Example:
    """A picture to search with: a stored query's or an image of the catalogue, by its key."""

    kind: Kind
    key: UUID | int

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Read what `str` writes; raises `QuestionError`."""
        found = EXAMPLE.fullmatch(text)
        if found is None:
            raise QuestionError(f"{text!r} does not name a picture")
        if found["image"]:
            return cls("image", int(found["image"]))
        try:
            return cls("query", UUID(found["query"]))
        except ValueError as error:
            raise QuestionError(f"{text!r} does not name a query") from error

    def __str__(self) -> str:
        return f"{self.kind[0]}{self.key}"


@dataclass(frozen=True, slots=True)
class Question:
    """Pictures, `own` (the page's) first, without those switched `off`, and rounds of feedback."""

    own: Example
    others: tuple[Example, ...] = ()
    off: frozenset[int] = frozenset()
    rounds: tuple[Round, ...] = ()

    @classmethod
    def parsed(cls, own: Example, fields: Mapping[str, Sequence[str]]) -> Self:
        """Read an address's fields, each a list of values; raises `QuestionError`."""
        others = tuple(Example.parsed(text) for text in fields.get("with", ()))
        rounds = tuple(parsed_round(text) for text in fields.get("marks", ()))
        off = fields.get("off", ())
        if not all(re.fullmatch(r"[0-9]{1,2}", place) for place in off):
            raise QuestionError("off takes places")
        if len(others) >= MOST_EXAMPLES or sum(map(len, rounds)) > MOST_MARKS:
            raise QuestionError("too many pictures or marks")
        places = frozenset(map(int, off)) & frozenset(range(len(others) + 1))
        return cls(own, others, places, rounds)

    def fields(self) -> list[tuple[str, str]]:
        """Return the fields that `parsed` reads, in order."""
        return [
            *(("with", str(example)) for example in self.others),
            *(("off", str(place)) for place in sorted(self.off)),
            *(("marks", written_round(one)) for one in self.rounds),
        ]

    @property
    def examples(self) -> tuple[Example, ...]:
        return (self.own, *self.others)

    @property
    def asked_with(self) -> list[Example]:
        """The pictures that are not switched off."""
        return [one for place, one in enumerate(self.examples) if place not in self.off]

    @property
    def marks(self) -> dict[int, Mark]:
        """What all rounds together say, by image."""
        latest = {image: mark for one in self.rounds for image, mark in one}
        return {image: mark for image, mark in latest.items() if mark is not None}

    def marked(self, mark: Mark) -> list[int]:
        return [image for image, one in self.marks.items() if one == mark]

    @property
    def is_composed(self) -> bool:
        """Whether more is asked for than the page's own picture."""
        return bool(self.others or self.off or self.marks)

    @property
    def can_be_asked(self) -> bool:
        """Whether there is anything to be similar to."""
        return bool(self.asked_with or self.marked("like"))

    @property
    def before(self) -> "Question | None":
        """The question of the round before; None where there was none."""
        return replace(self, rounds=self.rounds[:-1]) if self.rounds else None

    def and_round(
        self, *, likes: Iterable[int], unlikes: Iterable[int], seen: Iterable[int]
    ) -> "Question":
        """Return the question after one more round, which says what is new in it.

        `seen` are marked images that were shown with their marks: one that is in neither of the
        others any more is taken back, as is one that is in both. Raises `QuestionError`.
        """
        liked, unliked = set(likes), set(unlikes)
        told: dict[int, Mark | None] = dict.fromkeys([*seen, *sorted(liked & unliked)])
        told |= dict.fromkeys(sorted(liked - unliked), "like")
        told |= dict.fromkeys(sorted(unliked - liked), "unlike")
        known = self.marks
        news = tuple((image, mark) for image, mark in told.items() if known.get(image) != mark)
        if not news:
            return self
        if sum(map(len, self.rounds)) + len(news) > MOST_MARKS:
            raise QuestionError("too many marks")
        return replace(self, rounds=(*self.rounds, news))

    def unmarked(self, image: int) -> "Question":
        return self.and_round(likes=(), unlikes=(), seen=[image])

    def and_also(self, example: Example) -> "Question":
        """Return the question with one more picture; raises `QuestionError` where it has enough."""
        if example in self.examples:
            return self
        if len(self.examples) >= MOST_EXAMPLES:
            raise QuestionError("too many pictures")
        return replace(self, others=(*self.others, example))

    def switched(self, place: int) -> "Question":
        """Return the question with one picture switched on or off."""
        return replace(self, off=self.off ^ {place})

    def without(self, place: int) -> "Question":
        """Return the question without one of the further pictures (from place 1)."""
        others = tuple(one for at, one in enumerate(self.others, start=1) if at != place)
        off = frozenset(at - (at > place) for at in self.off if at != place)
        return replace(self, others=others, off=off)


def parsed_round(text: str) -> Round:
    if not ROUND.fullmatch(text):
        raise QuestionError(f"{text[:40]!r} is not a round of marks")
    return tuple((int(one[1:]), LETTERS[one[0]]) for one in text.split("."))


def written_round(marks: Round) -> str:
    letters = {mark: letter for letter, mark in LETTERS.items()}
    return ".".join(f"{letters[mark]}{image}" for image, mark in marks)
