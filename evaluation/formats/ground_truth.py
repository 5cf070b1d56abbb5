"""Topics and their judgements as plain values, whatever file they came from. Pure, no Django."""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .problems import Problem, ProblemCode

OXFORD_LABELS = ("good", "ok", "junk")
REVISITED_LABELS = ("easy", "hard", "junk")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """One benchmark query and what is known about its answers.

    `box`: (x1, y1, x2, y2) in pixels, zero-based, or None for the whole image. `judgements`:
    label to image names without duplicates, in the order of the file. `file`, `line` and
    `where` say where the query stood (for messages); they are not part of a topic's identity.
    """

    name: str
    image: str
    box: Box | None
    judgements: Mapping[str, tuple[str, ...]]
    file: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)
    where: str = field(default="", compare=False)

    @property
    def landmark(self) -> str:
        """The topic's group, see `landmark_of`."""
        return landmark_of(self.name)

    def labelled(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The names under these labels, label by label. Raises KeyError for an unknown label."""
        return tuple(name for label in labels for name in self.judgements[label])


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """A benchmark: topics in name order, its labels, and what the reader noticed but could use."""

    topics: tuple[TopicFacts, ...]
    labels: tuple[str, ...]
    warnings: tuple[Problem, ...] = field(default=(), compare=False)


def landmark_of(topic: str) -> str:
    """Return a topic's group: its name without a trailing number (`all_souls_1`: `all_souls`)."""
    return re.sub(r"_\d+$", "", topic)


def judgements_hash(ground_truth: GroundTruth) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of every fact that can change a figure.

    The facts are (topic, image, box) and (topic, label, name). Their order, the order of files
    and lines, and the warnings do not matter.
    """
    facts: list[str] = []
    for topic in ground_truth.topics:
        # Adding 0.0 turns -0.0 and integers into the one form that equal numbers share.
        box = None if topic.box is None else [float(value) + 0.0 for value in topic.box]
        facts.append(json.dumps(["topic", topic.name, topic.image, box]))
        facts.extend(
            json.dumps(["judgement", topic.name, label, name])
            for label, names in topic.judgements.items()
            for name in names
        )
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def box_fault(box: Sequence[float]) -> tuple[ProblemCode, str] | None:
    """Say what keeps four numbers from being a box: (code, detail), or None.

    Whether the box ends inside its image cannot be known here.
    """
    shown = " ".join(f"{value:g}" for value in box)
    if len(box) != 4 or not all(math.isfinite(value) for value in box):
        return ProblemCode.BAD_BOX, shown
    x1, y1, x2, y2 = box
    if x2 <= x1 or y2 <= y1:
        return ProblemCode.BOX_ORDER, shown
    if x1 < 0 or y1 < 0:
        return ProblemCode.BOX_NEGATIVE, shown
    return None
