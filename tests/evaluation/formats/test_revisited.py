"""Ground truth in: JSON with the revisited benchmarks' labels."""

import json

import pytest

from evaluation.formats import oxford
from evaluation.formats.oxford import read_ground_truth
from evaluation.formats.problems import GroundTruthError
from evaluation.formats.problems import ProblemCode as Code
from evaluation.formats.revisited import parse_json

from .test_oxford import found


def document(**changes) -> bytes:
    topic = {
        "name": "door_1",
        "image": "a",
        "box": [1, 2.5, 30, 40],
        "easy": ["a", "b"],
        "hard": [],
        "junk": ["c"],
    }
    entry = {key: value for key, value in (topic | changes).items() if value is not ...}
    return json.dumps({"topics": [entry]}).encode()


class TestJson:
    def test_a_topic(self):
        """Catches labels mixed up, and a box or its absence lost."""
        truth = parse_json(b"\xef\xbb\xbf" + document(), "gnd.json")
        (topic,) = truth.topics
        assert topic.judgements == {"easy": ("a", "b"), "hard": (), "junk": ("c",)}
        assert (topic.name, topic.image, topic.box) == ("door_1", "a", (1, 2.5, 30, 40))
        for nothing in (None, ...):
            assert parse_json(document(box=nothing), "gnd.json").topics[0].box is None

    @pytest.mark.parametrize(
        ("changes", "where", "code"),
        [
            ({"name": ...}, "topics[0]", Code.MISSING_KEY),
            ({"hard": ...}, "topics[0]", Code.MISSING_KEY),
            ({"good": []}, "topics[0]", Code.UNKNOWN_KEY),
            ({"name": 3}, "topics[0].name", Code.WRONG_TYPE),
            ({"image": " "}, "topics[0].image", Code.BAD_NAME),
            ({"easy": "a"}, "topics[0].easy", Code.WRONG_TYPE),
            ({"easy": ["a", 7]}, "topics[0].easy[1]", Code.WRONG_TYPE),
            ({"easy": ["a", "\ud800"]}, "topics[0].easy[1]", Code.BAD_NAME),
            ({"junk": ["x", "b"]}, "topics[0].junk[1]", Code.TWO_LABELS),
            ({"box": [1, 2, 3]}, "topics[0].box", Code.WRONG_TYPE),
            ({"box": [1, 2, 3, "4"]}, "topics[0].box", Code.WRONG_TYPE),
            ({"box": [False, 0, True, True]}, "topics[0].box", Code.WRONG_TYPE),
            ({"box": [0, 0, 10**400, 1]}, "topics[0].box", Code.WRONG_TYPE),
            ({"box": [5, 0, 5, 1]}, "topics[0].box", Code.BOX_ORDER),
            ({"box": [0, -1, 5, 1]}, "topics[0].box", Code.BOX_NEGATIVE),
        ],
    )
    def test_every_fault_is_named_with_its_path(self, changes, where, code):
        """Catches faults that pass, and faults that a person cannot find in the file."""
        with pytest.raises(GroundTruthError) as caught:
            parse_json(document(**changes), "gnd.json")
        assert [(p.where, p.code) for p in caught.value.problems] == [(where, code)]
        str(caught.value).encode()

    @pytest.mark.parametrize(
        ("data", "line", "code"),
        [
            (b'{"topics":\n\n nonsense}', 3, Code.BAD_JSON),
            (b'\n{"topics": "\xff"}', 2, Code.NOT_TEXT),
            (b'{"topics": [], "topics": []}', None, Code.BAD_JSON),
            (b'{"topics": NaN}', None, Code.BAD_JSON),
            (b"[" * 200_000, None, Code.BAD_JSON),
            (b"9" * 10_000, None, Code.BAD_JSON),
            (b"[]", None, Code.WRONG_TYPE),
            (b"{}", None, Code.MISSING_KEY),
            (b'{"topics": {}}', None, Code.WRONG_TYPE),
            (b'{"topics": [3]}', None, Code.WRONG_TYPE),
            (b'{"topics": []}', None, Code.NO_TOPICS),
        ],
    )
    def test_other_documents_are_refused(self, data, line, code):
        """Catches tracebacks and guesses for what is no such file."""
        assert found(parse_json, data, "gnd.json") == [("gnd.json", line, code)]

    def test_infinity_by_overflow(self):
        """Catches 1e999, which JSON's grammar allows and which is infinite."""
        data = document().replace(b"2.5", b"1e999")
        assert found(parse_json, data, "gnd.json") == [("gnd.json", None, Code.BAD_BOX)]

    def test_topics_have_one_name_each(self):
        """Catches a topic that silently replaces another."""
        (entry,) = json.loads(document())["topics"]
        data = json.dumps({"topics": [entry, entry]}).encode()
        assert found(parse_json, data, "gnd.json") == [("gnd.json", None, Code.SAME_TOPIC)]

    def test_duplicates_count_once_and_are_reported(self):
        """Catches a positive counted twice, and duplicates that pass in silence."""
        truth = parse_json(document(easy=["b", "a", "b"]), "gnd.json")
        assert truth.topics[0].judgements["easy"] == ("b", "a")
        assert [(w.where, w.code) for w in truth.warnings] == [
            ("topics[0].easy[2]", Code.DUPLICATE)
        ]

    def test_as_a_file(self, tmp_path, monkeypatch):
        """Catches a JSON file that the common entrance does not know, and one of any size."""
        path = tmp_path / "gnd.JSON"
        path.write_bytes(document())
        assert read_ground_truth(path).labels == ("easy", "hard", "junk")
        monkeypatch.setattr(oxford, "MAX_DOCUMENT_BYTES", 10)
        assert found(read_ground_truth, path) == [("gnd.JSON", None, Code.TOO_LARGE)]
