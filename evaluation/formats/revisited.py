"""Ground truth with the labels of revisited Oxford and Paris, as JSON or pickle. Pure, no Django.

Two structures are read. The published one is that of `gnd_roxford5k.pkl`, see `published.py`. The
other names everything, which is easier to write by hand:

    {"topics": [{"name": "...", "image": "...", "box": [x1, y1, x2, y2],
                 "easy": ["..."], "hard": ["..."], "junk": ["..."]}]}

`box` may be null or left out. Labels: Radenović, Iscen, Tolias, Avrithis, Chum, "Revisiting Oxford
and Paris: large-scale image retrieval benchmarking", CVPR 2018.
"""

from collections.abc import Iterator
from typing import Any

from .documents import Listed, Reader, written
from .ground_truth import REVISITED_LABELS, GroundTruth, TopicFacts
from .phrases import Phrase
from .problems import ProblemCode
from .published import PUBLISHED_KEYS, published_topics

_TOPIC_KEYS = ("name", "image", *REVISITED_LABELS)


def parse_json(data: bytes, file: str) -> GroundTruth:
    """Make topics, in name order, of a JSON document's bytes.

    `file` names it in messages. A name listed twice under one label counts once and is a warning.
    Raises `GroundTruthError` listing every problem, each with its path such as
    `topics[3].easy[2]`.
    """
    reader = Reader(file)
    return _ground_truth(reader, reader.json(data))


def parse_pickle(data: bytes, file: str) -> GroundTruth:
    """Make topics of a pickle's bytes, as `parse_json` does. Nothing in it is run."""
    reader = Reader(file)
    return _ground_truth(reader, reader.pickle(data))


def _ground_truth(reader: Reader, document: Any) -> GroundTruth:
    topics = _topics(reader, document)
    reader.findings.raise_if_any()
    topics.sort(key=lambda topic: topic.name)
    return GroundTruth(tuple(topics), REVISITED_LABELS, tuple(reader.findings.warnings))


def _topics(reader: Reader, document: Any) -> list[TopicFacts]:
    if not isinstance(document, dict):
        reader.add("", ProblemCode.WRONG_TYPE, Phrase.DOCUMENT)
        return []
    if "topics" not in document and any(key in document for key in PUBLISHED_KEYS):
        return published_topics(reader, document)
    reader.keys(document, ("topics",), (), "")
    entries = reader.listed(document.get("topics", []), "topics", Phrase.LIST_OF_TOPICS)
    if entries is None:
        return []
    if not entries and not reader.count:
        reader.add("topics", ProblemCode.NO_TOPICS)
    topics: list[TopicFacts] = []
    seen: dict[str, str] = {}
    for number, entry in enumerate(entries):
        where = f"topics[{number}]"
        topic = _topic(reader, entry, where)
        if topic is None:
            continue
        if topic.name in seen:
            place = f"{where}.name"
            reader.add(place, ProblemCode.SAME_TOPIC, topic.name, seen[topic.name])
        seen.setdefault(topic.name, where)
        topics.append(topic)
    return topics


def _topic(reader: Reader, entry: Any, where: str) -> TopicFacts | None:
    if not isinstance(entry, dict):
        reader.add(where, ProblemCode.WRONG_TYPE, Phrase.OBJECT)
        return None
    before = reader.count
    reader.keys(entry, _TOPIC_KEYS, ("box",), where)
    name = reader.name(entry.get("name", "-"), f"{where}.name")
    image = reader.name(entry.get("image", "-"), f"{where}.image")
    box = reader.box(entry.get("box"), f"{where}.box")
    places: dict[str, Listed] = {}
    judgements = {
        label: reader.labelled(
            label, _names(reader, entry.get(label, []), f"{where}.{label}"), places
        )
        for label in REVISITED_LABELS
    }
    if reader.count > before:
        return None
    return TopicFacts(name, image, box, judgements, file=reader.file, where=where)


def _names(reader: Reader, values: Any, where: str) -> Iterator[tuple[str, str, str]]:
    """Yield the names of a list that can be names: (name, how it is written, where)."""
    listed = reader.listed(values, where, Phrase.LIST_OF_NAMES)
    for number, value in enumerate(listed or ()):
        place = f"{where}[{number}]"
        before = reader.count
        name = reader.name(value, place)
        if reader.count == before:
            yield name, written(value), place
