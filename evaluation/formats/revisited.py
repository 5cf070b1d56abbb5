"""Ground truth of the revisited Oxford and Paris kind, given as JSON. Pure, no Django.

    {"topics": [{"name": "...", "image": "...", "box": [x1, y1, x2, y2],
                 "easy": ["..."], "hard": ["..."], "junk": ["..."]}]}

`box` may be null or left out. Labels: Radenović, Iscen, Tolias, Avrithis, Chum, "Revisiting Oxford
and Paris: large-scale image retrieval benchmarking", CVPR 2018. Its own files are pickles, which
are never loaded: they can run code.
"""

import json
from typing import Any

from .ground_truth import REVISITED_LABELS, Box, GroundTruth, TopicFacts, box_fault, name_fault
from .problems import Findings, GroundTruthError, Problem, ProblemCode

_TOPIC_KEYS = ("name", "image", *REVISITED_LABELS)


def parse_json(data: bytes, file: str) -> GroundTruth:
    """Make topics, in name order, of a JSON document's bytes.

    `file` names it in messages. A name listed twice under one label counts once and is a warning.
    Raises `GroundTruthError` listing every problem, each with its path such as
    `topics[3].easy[2]`.
    """
    parser = _Parser(file)
    document = parser.document(data)
    parser.findings.raise_if_any()
    topics = parser.topics(document)
    parser.findings.raise_if_any()
    topics.sort(key=lambda topic: topic.name)
    return GroundTruth(tuple(topics), REVISITED_LABELS, tuple(parser.findings.warnings))


class _RepeatedKeyError(ValueError):
    """An object has one key twice; which value counts would be a guess."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _RepeatedKeyError(f"key {key[:60]!a} occurs twice in one object")
        made[key] = value
    return made


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


class _Parser:
    """Collects problems while it makes topics of decoded JSON."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings = Findings(GroundTruthError)

    @property
    def count(self) -> int:
        return len(self.findings.problems)

    def add(self, where: str, code: ProblemCode, detail: str = "", other: str = "") -> None:
        self.findings.add(Problem(self.file, None, code, detail, other, where))

    def document(self, data: bytes) -> Any:
        try:
            text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
            return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            byte = f"0x{error.object[error.start]:02x}"
            self.findings.add(Problem(self.file, line, ProblemCode.NOT_TEXT, byte))
        except json.JSONDecodeError as error:
            problem = Problem(self.file, error.lineno, ProblemCode.BAD_JSON, error.msg)
            self.findings.add(problem)
        except (ValueError, RecursionError) as error:
            # A repeated key, NaN, an integer of thousands of digits, nesting without end.
            self.add("", ProblemCode.BAD_JSON, str(error))
        return None

    def topics(self, document: Any) -> list[TopicFacts]:
        if not isinstance(document, dict):
            self.add("", ProblemCode.WRONG_TYPE, "an object with the key “topics”")
            return []
        self._keys(document, ("topics",), (), "")
        entries = document.get("topics", [])
        if not isinstance(entries, list):
            self.add("topics", ProblemCode.WRONG_TYPE, "a list of topics")
            return []
        if not entries and not self.count:
            self.add("topics", ProblemCode.NO_TOPICS)
        topics: list[TopicFacts] = []
        seen: dict[str, str] = {}
        for number, entry in enumerate(entries):
            where = f"topics[{number}]"
            topic = self._topic(entry, where)
            if topic is None:
                continue
            if topic.name in seen:
                place = f"{where}.name"
                self.add(place, ProblemCode.SAME_TOPIC, topic.name, seen[topic.name])
            seen.setdefault(topic.name, where)
            topics.append(topic)
        return topics

    def _topic(self, entry: Any, where: str) -> TopicFacts | None:
        if not isinstance(entry, dict):
            self.add(where, ProblemCode.WRONG_TYPE, "an object")
            return None
        before = self.count
        self._keys(entry, _TOPIC_KEYS, ("box",), where)
        name = self._name(entry.get("name", "-"), f"{where}.name")
        image = self._name(entry.get("image", "-"), f"{where}.image")
        box = self._box(entry.get("box"), f"{where}.box")
        places: dict[str, tuple[str, str]] = {}
        judgements = {
            label: self._names(label, entry.get(label, []), f"{where}.{label}", places)
            for label in REVISITED_LABELS
        }
        if self.count > before:
            return None
        return TopicFacts(name, image, box, judgements, file=self.file, where=where)

    def _keys(
        self, entry: dict[str, Any], wanted: tuple[str, ...], allowed: tuple[str, ...], where: str
    ) -> None:
        for key in wanted:
            if key not in entry:
                self.add(where, ProblemCode.MISSING_KEY, key)
        for key in entry:
            if key not in wanted and key not in allowed:
                self.add(where, ProblemCode.UNKNOWN_KEY, key[:60])

    def _name(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            self.add(where, ProblemCode.WRONG_TYPE, "a text")
            return ""
        name = value.strip()
        fault = name_fault(name)
        if fault:
            self.add(where, *fault)
        return name

    def _names(
        self, label: str, values: Any, where: str, places: dict[str, tuple[str, str]]
    ) -> tuple[str, ...]:
        if not isinstance(values, list):
            self.add(where, ProblemCode.WRONG_TYPE, "a list of names")
            return ()
        names = []
        for number, value in enumerate(values):
            place = f"{where}[{number}]"
            before = self.count
            name = self._name(value, place)
            if self.count > before:
                continue
            if name not in places:
                places[name] = (label, place)
                names.append(name)
            elif places[name][0] == label:
                other = places[name][1]
                self.findings.warn(
                    Problem(self.file, None, ProblemCode.DUPLICATE, name, other, place)
                )
            else:
                self.add(place, ProblemCode.TWO_LABELS, name, places[name][1])
        return tuple(names)

    def _box(self, value: Any, where: str) -> Box | None:
        if value is None:
            return None
        # bool is an int in Python, but true is not a coordinate.
        numbers = (
            isinstance(value, list)
            and len(value) == 4
            and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)
        )
        if not numbers:
            self.add(where, ProblemCode.WRONG_TYPE, "four numbers x1, y1, x2, y2, or null")
            return None
        try:
            x1, y1, x2, y2 = (float(item) for item in value)
        except OverflowError:
            self.add(where, ProblemCode.WRONG_TYPE, "four finite numbers x1, y1, x2, y2, or null")
            return None
        box = (x1, y1, x2, y2)
        fault = box_fault(box)
        if fault:
            self.add(where, *fault)
        return box
