"""The sample corpus's ground truth, in the file format of the Oxford Buildings benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GOOD, OK, JUNK = "good", "ok", "junk"
LABELS = (GOOD, OK, JUNK)

GOOD_SHARE = 0.75  # of the landmark must be seen for a nice, clear picture of it
OK_SHARE = 0.25  # the benchmark's own limit between ok and junk
QUERY_SHARE = 0.5  # at least, in a picture that is asked for

TOPICS = 3  # queries a landmark


@dataclass(frozen=True)
class Seen:
    """What a picture shows of a landmark: the share (0 to 1) seen, and its box in pixels."""

    name: str
    share: float
    box: tuple[float, float, float, float]


def label(share: float) -> str:
    """Return the label of a picture that shows this share (0 to 1) of the landmark."""
    if share >= GOOD_SHARE:
        return GOOD
    return OK if share > OK_SHARE else JUNK


def query_pictures(pictures: Sequence[Seen]) -> list[Seen]:
    """Return the pictures of a landmark that are asked for, from the clearest to the hardest.

    Most of the landmark can be seen in each of them, as in the benchmark: at least half.
    """
    fit = sorted((seen for seen in pictures if seen.share >= QUERY_SHARE), key=lambda s: -s.share)
    many = min(TOPICS, len(fit))
    return [fit[place * (len(fit) - 1) // max(1, many - 1)] for place in range(many)]


def files(landmarks: Mapping[str, Sequence[Seen]]) -> dict[str, str]:
    """Return the content of each ground-truth file by its name.

    `landmarks` maps a landmark to its pictures. Topics of one landmark share their judgements.
    """
    written = {}
    for landmark, pictures in landmarks.items():
        judged: dict[str, list[str]] = {kind: [] for kind in LABELS}
        for seen in pictures:
            judged[label(seen.share)].append(seen.name)
        for number, query in enumerate(query_pictures(pictures), start=1):
            topic = f"{landmark}_{number}"
            box = " ".join(f"{edge:.1f}" for edge in query.box)
            written[f"{topic}_query.txt"] = f"{query.name} {box}\n"
            for kind, names in judged.items():
                written[f"{topic}_{kind}.txt"] = "".join(f"{name}\n" for name in sorted(names))
    return written
