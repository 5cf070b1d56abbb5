"""Ground truth in: the structure that revisited Oxford and Paris are published in."""

import json
import pickle
import struct

import numpy as np
import pytest

from evaluation.formats import documents
from evaluation.formats.documents import Reader
from evaluation.formats.oxford import read_ground_truth
from evaluation.formats.pickles import load
from evaluation.formats.problems import GroundTruthError
from evaluation.formats.problems import ProblemCode as Code
from evaluation.formats.published import published_topics
from evaluation.formats.revisited import parse_json, parse_pickle

from .python2 import written_by_python2
from .test_oxford import found

NAMES = ["a", "b", "sub/c", "d"]


def published(**changes) -> dict:
    entry = {"bbx": [1, 2.5, 30, 40], "easy": [0, 2], "hard": [], "junk": [3]}
    entry = {key: value for key, value in (entry | changes).items() if value is not ...}
    return {"imlist": NAMES, "qimlist": ["all_souls_000013"], "gnd": [entry]}


def as_arrays(document: dict) -> dict:
    """The same with NumPy's arrays and numbers, where the published files have them."""
    entries = [
        {key: value if key == "bbx" else np.array(value, np.int64) for key, value in entry.items()}
        for entry in document["gnd"]
    ]
    entries[0]["bbx"] = np.array(entries[0]["bbx"], np.float32)
    entries[0]["junk"] = [np.int64(index) for index in entries[0]["junk"]]
    return document | {"gnd": entries}


class TestTopics:
    def check(self, truth):
        (topic,) = truth.topics
        assert topic.name == topic.image == "all_souls_000013"
        assert topic.landmark == "all_souls"
        assert topic.box == (1, 2.5, 30, 40)
        assert topic.judgements == {"easy": ("a", "sub/c"), "hard": (), "junk": ("d",)}
        assert truth.labels == ("easy", "hard", "junk")
        assert truth.warnings == ()

    def test_as_json(self):
        """Catches indices counted from 1, labels mixed up, and queries tied to wrong entries."""
        self.check(parse_json(json.dumps(published()).encode(), "gnd.json"))

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    @pytest.mark.parametrize("shape", ["lists", "arrays"])
    def test_as_pickle(self, tmp_path, protocol, shape):
        """The same as a file, in every protocol, with lists and with NumPy's arrays."""
        document = published() if shape == "lists" else as_arrays(published())
        path = tmp_path / "gnd_roxford5k.pkl"
        path.write_bytes(pickle.dumps(document, protocol))
        self.check(read_ground_truth(path))

    @pytest.mark.parametrize("protocol", [0, 1, 2])
    def test_as_python_2_wrote_it(self, protocol):
        """Catches names that stay bytes, and arrays that only Python 3's pickles have."""
        first, second = parse_pickle(written_by_python2(protocol), "gnd.pkl").topics
        assert first.judgements == {
            "easy": ("a", "chùa"),
            "hard": (),
            "junk": ("chùa 2", "sub/b"),
        }
        assert second.judgements == {"easy": (), "hard": ("chùa", "sub/b"), "junk": ("a",)}
        assert (first.name, first.box) == ("q_1", (1, 2.5, 30, 40))
        assert (second.name, second.box) == ("q_2", (1.5, 2, 3, 4))

    def test_bytes_that_are_no_utf_8_are_latin_1(self):
        """Catches a traceback for names from an old Windows; what nobody knows is counted later."""
        name = "Orléans".encode("latin-1")
        old_text = b"U" + struct.pack("<B", len(name)) + name
        data = pickle.dumps(published() | {"imlist": ["NAME", *NAMES[1:]]}, 2)
        at = data.index(b"X\x04\x00\x00\x00NAME")
        data = data[:at] + old_text + data[at + 9 :]
        (topic,) = parse_pickle(data, "gnd.pkl").topics
        assert topic.judgements["easy"] == ("Orléans", "sub/c")

    @pytest.mark.parametrize("box", [None, ...])
    def test_without_a_box_the_whole_picture_is_the_query(self, box):
        document = json.dumps(published(bbx=box)).encode()
        assert parse_json(document, "gnd.json").topics[0].box is None

    def test_topics_come_in_name_order_and_keep_their_entries(self):
        """Catches names that are sorted without what belongs to them."""
        (entry,) = published()["gnd"]
        document = {
            "imlist": NAMES,
            "qimlist": ["z", "y"],
            "gnd": [entry, entry | {"easy": [1], "junk": []}],
        }
        truth = parse_json(json.dumps(document).encode(), "gnd.json")
        assert [(t.name, t.judgements["easy"]) for t in truth.topics] == [
            ("y", ("b",)),
            ("z", ("a", "sub/c")),
        ]

    def test_other_keys_are_told_and_left_out(self):
        """Catches a file that a program saved again, with its paths, being refused."""
        truth = parse_json(json.dumps(published() | {"ext": ".jpg"}).encode(), "gnd.json")
        assert [str(warning) for warning in truth.warnings] == [
            "gnd.json: the key “ext” is not read"
        ]


@pytest.mark.parametrize(
    ("document", "where", "code"),
    [
        (published(easy=[0, 4]), "gnd[0].easy[1]", Code.BAD_INDEX),
        (published(easy=[-1]), "gnd[0].easy[0]", Code.BAD_INDEX),
        (published(easy=[10**30]), "gnd[0].easy[0]", Code.BAD_INDEX),
        (published(easy=[1.0]), "gnd[0].easy[0]", Code.WRONG_TYPE),
        (published(easy=[True]), "gnd[0].easy[0]", Code.WRONG_TYPE),
        (published(easy=["a"]), "gnd[0].easy[0]", Code.WRONG_TYPE),
        (published(easy=[[0]]), "gnd[0].easy[0]", Code.WRONG_TYPE),
        (published(easy=3), "gnd[0].easy", Code.WRONG_TYPE),
        (published(easy=None), "gnd[0].easy", Code.WRONG_TYPE),
        (published(hard=[0]), "gnd[0].hard[0]", Code.TWO_LABELS),
        (published(hard=...), "gnd[0]", Code.MISSING_KEY),
        (published(ok=[1]), "gnd[0]", Code.UNKNOWN_KEY),
        (published(bbx=[1, 2, 3]), "gnd[0].bbx", Code.WRONG_TYPE),
        (published(bbx=[[1, 2, 3, 4]]), "gnd[0].bbx", Code.WRONG_TYPE),
        (published(bbx="1 2 3 4"), "gnd[0].bbx", Code.WRONG_TYPE),
        (published(bbx=[5, 2, 3, 4]), "gnd[0].bbx", Code.BOX_ORDER),
        (published(bbx=[-5, 2, 3, 4]), "gnd[0].bbx", Code.BOX_NEGATIVE),
        (published() | {"gnd": [3]}, "gnd[0]", Code.WRONG_TYPE),
        (published() | {"gnd": {}}, "gnd", Code.WRONG_TYPE),
        (published() | {"gnd": []}, "gnd", Code.OTHER_LENGTH),
        (published() | {"gnd": [], "qimlist": []}, "gnd", Code.NO_TOPICS),
        (published() | {"imlist": "abcd"}, "imlist", Code.WRONG_TYPE),
        (published() | {"imlist": ["a", "b", "c", 4]}, "imlist[3]", Code.WRONG_TYPE),
        (published() | {"imlist": ["a", " ", "c", "d"]}, "imlist[1]", Code.BAD_NAME),
        (published() | {"imlist": ["a", "b", "c", "a"]}, "imlist[3]", Code.SAME_NAME),
        (published() | {"imlist": ["ù", "b", "c", "u\u0300"]}, "imlist[3]", Code.SAME_NAME),
        (published() | {"qimlist": ["q\x1b"]}, "qimlist[0]", Code.BAD_NAME),
        ({"imlist": [], "qimlist": []}, "", Code.MISSING_KEY),
        ({"gnd": [], "qimlist": []}, "", Code.MISSING_KEY),
    ],
)
class TestFaults:
    def test_in_json(self, document, where, code):
        """Catches faults that pass, and faults that a person cannot find in the file."""
        self.check(parse_json, json.dumps(document).encode(), where, code)

    def test_in_pickles(self, document, where, code):
        """The same faults, by the other way in."""
        self.check(parse_pickle, pickle.dumps(document), where, code)

    def check(self, parse, data, where, code):
        with pytest.raises(GroundTruthError) as caught:
            parse(data, "gnd")
        assert [(p.where, p.code) for p in caught.value.problems] == [(where, code)]
        str(caught.value).encode()


def test_the_sentence_of_an_index_says_how_many_there_are():
    """Catches a message from which nobody sees that counting starts at 0."""
    with pytest.raises(GroundTruthError) as caught:
        parse_json(json.dumps(published(junk=[4])).encode(), "gnd.json")
    assert str(caught.value) == (
        "gnd.json, gnd[0].junk[0]: 4 is not the index of one of the 4 names of imlist, which "
        "count from 0"
    )


def test_an_index_twice_counts_once_and_is_reported():
    """Catches a positive counted twice, and duplicates that pass in silence."""
    truth = parse_json(json.dumps(published(easy=[2, 0, 2])).encode(), "gnd.json")
    assert truth.topics[0].judgements["easy"] == ("sub/c", "a")
    assert [(w.where, w.code) for w in truth.warnings] == [("gnd[0].easy[2]", Code.DUPLICATE)]


def test_arrays_of_other_shapes_are_no_lists():
    """Catches a table of indices read as a list of them, and a number as a list of one."""
    for index in (np.array([[0, 1]]), np.array(1), np.array([0.0, 1.0]), np.array([True])):
        document = published(easy=index)
        codes = {problem[2] for problem in found(parse_pickle, pickle.dumps(document), "gnd.pkl")}
        assert codes == {Code.WRONG_TYPE}


def test_arrays_of_texts_that_are_none():
    """Catches a traceback for letters beyond the last of Unicode, wherever an array may stand."""
    data = pickle.dumps(np.array(["abcd"] * 4), 4).replace(b"a\x00\x00\x00", b"\x00\x00\x11\x00")
    array = load(data)
    with pytest.raises(ValueError):  # not NumPy's SystemError, and no odd text
        array.values()
    for where in ("imlist", "qimlist", "gnd", "bbx", "easy"):
        reader = Reader("gnd")
        document = published()
        (document if where in document else document["gnd"][0])[where] = array
        published_topics(reader, document)
        places = {problem.where for problem in reader.findings.problems}
        assert places == {where if where in document else f"gnd[0].{where}"}


def test_a_list_that_is_shared_is_not_unfolded_without_end(monkeypatch):
    """Catches a small file of a thousand entries that all share one list of a thousand."""
    monkeypatch.setattr(documents, "MAX_ENTRIES", 10_000)
    entry = {"bbx": None, "easy": np.arange(4), "hard": [], "junk": []}
    queries = [f"q{number}" for number in range(3000)]
    document = {"imlist": NAMES, "qimlist": queries, "gnd": [entry] * 3000}
    assert found(parse_pickle, pickle.dumps(document), "gnd.pkl") == [
        ("gnd.pkl", None, Code.TOO_MANY_LABELS)
    ]


def test_long_shared_names_are_not_normalised_each_time():
    """Catches seconds spent on each of a thousand references to one name of a megabyte."""
    for name in ("u\u0300" * 2**20, "a" + " " * 2**20 + "b"):
        data = pickle.dumps(published() | {"imlist": [name] * 500})
        codes = {problem[2] for problem in found(parse_pickle, data, "gnd.pkl")}
        assert codes == {Code.LONG_NAME}
