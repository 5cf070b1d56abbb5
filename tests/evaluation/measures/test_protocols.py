"""Protocols: which labels count, which are ignored."""

import pytest

from evaluation.formats.ground_truth import OXFORD_LABELS, REVISITED_LABELS, TopicFacts
from evaluation.measures.protocols import (
    OXFORD_PROTOCOLS,
    PROTOCOLS,
    REVISITED_PROTOCOLS,
    protocols_for,
)

# Written out here by hand: catches a slip in the table that a test derived from it would repeat.
EXPECTED = {
    "standard": ({"good", "ok"}, {"junk"}),
    "good": ({"good"}, {"ok", "junk"}),
    "ok": ({"ok"}, {"good", "junk"}),
    "junk": ({"junk"}, {"good", "ok"}),
    "easy": ({"easy"}, {"junk", "hard"}),
    "medium": ({"easy", "hard"}, {"junk"}),
    "hard": ({"hard"}, {"junk", "easy"}),
}


def test_the_table_is_the_published_one():
    """Catches a label on the wrong side, or a protocol added or lost unnoticed."""
    found = {name: (set(p.positives), set(p.ignored)) for name, p in PROTOCOLS.items()}
    assert found == EXPECTED


@pytest.mark.parametrize(
    ("labels", "protocols"),
    [(OXFORD_LABELS, OXFORD_PROTOCOLS), (REVISITED_LABELS, REVISITED_PROTOCOLS), (("x",), ())],
)
def test_labels_choose_the_protocols(labels, protocols):
    """Catches offering `standard` for a revisited ground truth, where it would raise or be 0."""
    assert protocols_for(labels) == protocols


def test_only_the_revisited_protocols_cap_precision():
    """Catches P@k of the Oxford protocols silently divided by something else than k."""
    assert {p.name for p in PROTOCOLS.values() if p.caps_precision} == {"easy", "medium", "hard"}


def test_split_gives_every_label_to_one_side():
    """Catches labels lost between positives and ignored."""
    topic = TopicFacts("t", "q", None, {"good": ("a", "b"), "ok": ("c",), "junk": ("d",)})
    assert PROTOCOLS["standard"].split(topic) == (("a", "b", "c"), ("d",))
    assert PROTOCOLS["ok"].split(topic) == (("c",), ("a", "b", "d"))


def test_split_of_other_labels_is_refused():
    """Catches a protocol that reads a label the topic does not have as "no positives"."""
    topic = TopicFacts("t", "q", None, {"good": (), "ok": (), "junk": ()})
    with pytest.raises(KeyError):
        PROTOCOLS["medium"].split(topic)
