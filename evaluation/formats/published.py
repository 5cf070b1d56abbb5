"""The published structure of revisited Oxford and Paris. Pure, no Django.

    {"imlist": ["..."], "qimlist": ["..."],
     "gnd": [{"bbx": [x1, y1, x2, y2], "easy": [0, 5], "hard": [2], "junk": [7]}]}

`gnd` has one entry for each query of `qimlist`; its labels are indices into `imlist`, from 0.
https://github.com/filipradenovic/revisitop describes it, for files such as `gnd_roxford5k.pkl`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .documents import Listed, Reader
from .ground_truth import REVISITED_LABELS, TopicFacts
from .phrases import Phrase
from .problems import ProblemCode

PUBLISHED_KEYS = ("imlist", "qimlist", "gnd")


def published_topics(reader: Reader, document: Mapping[str, Any]) -> list[TopicFacts]:
    """Return a topic for each query, named like its picture; notes every problem."""
    for key in PUBLISHED_KEYS:
        if key not in document:
            reader.add("", ProblemCode.MISSING_KEY, key)
    for key in document:
        # Programs add their paths and counts when they save the structure again.
        if key not in PUBLISHED_KEYS:
            reader.warn("", ProblemCode.OTHER_KEY, key[:60])
    names = _names(reader, document.get("imlist", []), "imlist")
    queries = _names(reader, document.get("qimlist", []), "qimlist")
    entries = reader.listed(document.get("gnd", []), "gnd", Phrase.LIST_OF_TOPICS)
    if entries is None or reader.count:
        return []
    if len(entries) != len(queries):
        reader.add("gnd", ProblemCode.OTHER_LENGTH, str(len(entries)), str(len(queries)))
        return []
    if not entries:
        reader.add("gnd", ProblemCode.NO_TOPICS)
    topics = (
        _topic(reader, query, entry, names, f"gnd[{number}]")
        for number, (query, entry) in enumerate(zip(queries, entries, strict=True))
    )
    return [topic for topic in topics if topic is not None]


def _names(reader: Reader, values: Any, where: str) -> list[str]:
    """Return a list's names, each of which must be there once: indices count on it."""
    names = []
    seen: dict[str, str] = {}
    for number, value in enumerate(reader.listed(values, where, Phrase.LIST_OF_NAMES) or ()):
        place = f"{where}[{number}]"
        before = reader.count
        name = reader.name(value, place)
        if reader.count == before and seen.setdefault(name, place) != place:
            reader.add(place, ProblemCode.SAME_NAME, name, seen[name])
        names.append(name)
    return names


def _topic(
    reader: Reader, query: str, entry: Any, names: Sequence[str], where: str
) -> TopicFacts | None:
    if not isinstance(entry, dict):
        reader.add(where, ProblemCode.WRONG_TYPE, Phrase.OBJECT)
        return None
    before = reader.count
    reader.keys(entry, REVISITED_LABELS, ("bbx",), where)
    box = reader.box(entry.get("bbx"), f"{where}.bbx")
    places: dict[str, Listed] = {}
    judgements = {
        label: reader.labelled(
            label, _indexed(reader, entry.get(label, []), names, f"{where}.{label}"), places
        )
        for label in REVISITED_LABELS
    }
    if reader.count > before:
        return None
    return TopicFacts(query, query, box, judgements, file=reader.file, where=where)


def _indexed(
    reader: Reader, values: Any, names: Sequence[str], where: str
) -> Iterator[tuple[str, str, str]]:
    """Yield the names that indices stand for: (name, name, where)."""
    listed = reader.listed(values, where, Phrase.LIST_OF_NUMBERS)
    for number, index in enumerate(listed or ()):
        place = f"{where}[{number}]"
        # bool is an int in Python, but true is not an index.
        if not isinstance(index, int) or isinstance(index, bool):
            reader.add(place, ProblemCode.WRONG_TYPE, Phrase.WHOLE_NUMBER)
        elif not 0 <= index < len(names):
            reader.add(place, ProblemCode.BAD_INDEX, str(index)[:60], str(len(names)))
        else:
            yield names[index], names[index], place
