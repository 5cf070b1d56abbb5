"""Which labels count as right answers and which are taken out of a ranking. Pure, no Django.

Every other image, labelled or not, is a wrong answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..formats.ground_truth import TopicFacts


@dataclass(frozen=True, slots=True)
class Protocol:
    """A reading of the labels: `positives` count, `ignored` are removed before ranks are counted.

    `caps_precision`: P@k divides by min(k, rank of the last positive), as the revisited
    benchmarks do, instead of by k.
    """

    name: str
    positives: tuple[str, ...]
    ignored: tuple[str, ...]
    caps_precision: bool = False

    @property
    def labels(self) -> frozenset[str]:
        """The labels that a ground truth must have for this protocol."""
        return frozenset(self.positives + self.ignored)

    def split(self, topic: TopicFacts) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return a topic's (positive names, ignored names), disjoint and without duplicates.

        Raises KeyError where the topic's ground truth has other labels.
        """
        return topic.labelled(self.positives), topic.labelled(self.ignored)


# Philbin et al., CVPR 2007: good and ok are right, junk neither helps nor harms. The next three
# are the original system's choice of one label; `junk` says how much junk ranks high.
OXFORD_PROTOCOLS: tuple[Protocol, ...] = (
    Protocol("standard", ("good", "ok"), ("junk",)),
    Protocol("good", ("good",), ("ok", "junk")),
    Protocol("ok", ("ok",), ("good", "junk")),
    Protocol("junk", ("junk",), ("good", "ok")),
)

# Radenović et al., CVPR 2018, section 3.
REVISITED_PROTOCOLS: tuple[Protocol, ...] = (
    Protocol("easy", ("easy",), ("junk", "hard"), caps_precision=True),
    Protocol("medium", ("easy", "hard"), ("junk",), caps_precision=True),
    Protocol("hard", ("hard",), ("junk", "easy"), caps_precision=True),
)

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {protocol.name: protocol for protocol in OXFORD_PROTOCOLS + REVISITED_PROTOCOLS}
)


def protocols_for(labels: tuple[str, ...]) -> tuple[Protocol, ...]:
    """The protocols that a ground truth with exactly these labels can be evaluated by."""
    return tuple(
        protocol for protocol in PROTOCOLS.values() if protocol.labels == frozenset(labels)
    )
