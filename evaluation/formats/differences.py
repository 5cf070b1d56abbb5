"""What a changed ground truth changes, fact by fact. Pure, no Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from .ground_truth import Box, GroundTruth, TopicFacts


class ChangeKind(StrEnum):
    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that differs. `what` is a label, or "query" for a topic's image and box.

    `subject` is the image's name; of `before` and `after` (a label, or the query) the one that
    does not exist is empty.
    """

    kind: ChangeKind
    topic: str
    what: str
    subject: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        if self.kind is ChangeKind.CHANGED:
            subject = f"{self.what} {self.subject}".strip()
            return f"~ {self.topic} {subject}: {self.before} → {self.after}"
        return f"{self.kind} {self.topic} {self.what} {self.subject}"


def differences(before: GroundTruth, after: GroundTruth) -> list[Difference]:
    """Return every fact that differs, topic by topic in name order.

    The order of names within a label does not count as a fact; see `same_order`.
    """
    old = {topic.name: topic for topic in before.topics}
    new = {topic.name: topic for topic in after.topics}
    return [
        difference
        for name in sorted(old.keys() | new.keys())
        for difference in _of_topic(name, old.get(name), new.get(name))
    ]


def same_order(before: GroundTruth, after: GroundTruth) -> bool:
    """Whether each label's names also come in the same order, which `legacy-2021` depends on."""
    return before.topics == after.topics


def _of_topic(name: str, old: TopicFacts | None, new: TopicFacts | None) -> Iterator[Difference]:
    before, after = (query_in_words(topic) for topic in (old, new))
    if old is None:
        yield Difference(ChangeKind.ADDED, name, "query", after, after=after)
    elif new is None:
        yield Difference(ChangeKind.REMOVED, name, "query", before, before=before)
    elif (old.image, old.box) != (new.image, new.box):
        yield Difference(ChangeKind.CHANGED, name, "query", "", before, after)
    had, has = _labels(old), _labels(new)
    for image in sorted(had.keys() | has.keys()):
        before, after = had.get(image, ""), has.get(image, "")
        if not before:
            yield Difference(ChangeKind.ADDED, name, after, image, after=after)
        elif not after:
            yield Difference(ChangeKind.REMOVED, name, before, image, before=before)
        elif before != after:
            yield Difference(ChangeKind.CHANGED, name, "label", image, before, after)


def _labels(topic: TopicFacts | None) -> dict[str, str]:
    if topic is None:
        return {}
    return {name: label for label, names in topic.judgements.items() for name in names}


def query_in_words(topic: TopicFacts | None) -> str:
    """Return a topic's image and box as a query file writes them; empty for None."""
    if topic is None:
        return ""
    return f"{topic.image} {box_in_words(topic.box)}".strip()


def box_in_words(box: Box | None) -> str:
    """Return a box as four numbers, empty for None; equal boxes give equal texts."""
    return "" if box is None else " ".join(repr(float(side) + 0.0) for side in box)
