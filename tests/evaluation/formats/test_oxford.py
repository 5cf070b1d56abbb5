"""Ground truth in: Oxford-format files, and the hash of their facts."""

import hashlib
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.formats import problems
from evaluation.formats.ground_truth import judgements_hash
from evaluation.formats.oxford import BUNDLED_OXFORD5K, parse_files, read_ground_truth
from evaluation.formats.problems import GroundTruthError
from evaluation.formats.problems import ProblemCode as Code

FILES = {
    "door_1_query.txt": b"oxc1_a 1 2.5 30 40\n",
    "door_1_good.txt": b"a\nsub/b\n",
    "door_1_ok.txt": b"c\n",
    "door_1_junk.txt": b"",
}


def found(read, *arguments) -> list[tuple[str, int | None, Code]]:
    with pytest.raises(GroundTruthError) as caught:
        read(*arguments)
    assert str(caught.value)
    return [(problem.file, problem.line, problem.code) for problem in caught.value.problems]


def faults(**changes: bytes | None) -> list[tuple[str, int | None, Code]]:
    """The problems of FILES with the parts of topic `door_1` changed, or removed where None."""
    files = FILES | {f"door_1_{part}.txt": data for part, data in changes.items() if data}
    for part, data in changes.items():
        if data is None:
            del files[f"door_1_{part}.txt"]
    return found(parse_files, files, "source")


class TestBundled:
    def test_the_benchmark(self):
        """Catches lost or changed label files: these counts are the published ones."""
        truth = read_ground_truth(BUNDLED_OXFORD5K)
        names = {name for t in truth.topics for name in t.labelled(truth.labels)}
        queries = [t.image in t.judgements["good"] for t in truth.topics]
        assert len(truth.topics) == 55
        assert len({topic.landmark for topic in truth.topics}) == 11
        assert len(names) == 845
        assert (sum(queries), len(queries) - sum(queries)) == (41, 14)
        assert all(t.image in t.judgements["good"] + t.judgements["ok"] for t in truth.topics)
        assert truth.warnings == ()

    def test_its_hash(self):
        """Catches a change of the facts or of the hash, either of which orphans stored runs."""
        digest = "9c46d42ec34e8ff86b40480e022f121abfff3a295e36b66dc20e68d6eaa18a8b"
        assert judgements_hash(read_ground_truth(BUNDLED_OXFORD5K)) == digest

    def test_byte_for_byte(self):
        """Catches an editor or a checkout that changed line ends."""
        digest = hashlib.sha256()
        for path in sorted(BUNDLED_OXFORD5K.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        published = "1e6514320bf46ee3731b2a1a74ce2948ad56750c1d8e9ae19d168826b5916e18"
        assert digest.hexdigest() == published


class TestOxfordFormat:
    def test_a_topic(self):
        """Catches the prefix kept, the box lost, labels mixed up and the order of lines lost."""
        (topic,) = parse_files(FILES, "source").topics
        assert (topic.name, topic.landmark, topic.image) == ("door_1", "door", "a")
        assert topic.box == (1, 2.5, 30, 40)
        assert topic.judgements == {"good": ("a", "sub/b"), "ok": ("c",), "junk": ()}
        assert (topic.file, topic.line) == ("door_1_query.txt", 1)

    @pytest.mark.parametrize(
        ("line", "image", "box"),
        [
            (b"paris_defense_000605 1 2 3 4", "paris_defense_000605", (1, 2, 3, 4)),
            (b"sub/dir/b", "sub/dir/b", None),
            (b"oxc1_b", "b", None),
            (b"\xef\xbb\xbf b  1\t2 3 4  \r\n\r\n", "b", (1, 2, 3, 4)),
            (b"two words 1 2 3 4", "two words", (1, 2, 3, 4)),
            (b"holiday 1 2 3 4 5", "holiday 1", (2, 3, 4, 5)),
            (b"holiday 1 2 3 4", "holiday 1 2 3 4", None),
            (b"oxc1_mine", "oxc1_mine", None),
            ("nhà thờ".encode(), "nhà thờ", None),
        ],
    )
    def test_query_lines(self, line, image, box):
        """Catches query lines of other benchmarks and of own pictures that are misread: blanks in
        names, no box, a labelled name that looks like a name and a box."""
        good = "holiday 1 2 3 4\noxc1_mine\nnhà thờ\n".encode()
        files = FILES | {"door_1_query.txt": line, "door_1_good.txt": good}
        (topic,) = parse_files(files, "source").topics
        assert (topic.image, topic.box) == (image, box)

    def test_line_ends_and_blanks(self):
        """Catches names with invisible tails, which match no picture."""
        files = FILES | {"door_1_good.txt": b"\xef\xbb\xbfa \r\n\r\n\tsub/b\t\r\n  "}
        assert parse_files(files, "source") == parse_files(FILES, "source")

    def test_names_may_hold_odd_separators(self):
        """Catches splitting lines at characters that are no line end."""
        files = FILES | {"door_1_good.txt": "a\u2028b\n".encode()}
        assert parse_files(files, "source").topics[0].judgements["good"] == ("a\u2028b",)

    def test_names_are_composed_as_those_of_the_collection_are(self):
        """Catches labels of decomposed letters, as macOS writes them, that miss their pictures:
        in the lines, in the query, and in the names of the files."""
        files = {
            f"chùa_1_{part}.txt": text
            for part, text in [
                ("query", "oxc1_chùa 1 2 3 4"),
                ("good", "chùa\nsub/Đền"),
                ("ok", ""),
                ("junk", "thờ"),
            ]
        }
        composed = {file: text.encode() for file, text in files.items()}
        decomposed = {
            unicodedata.normalize("NFD", file): unicodedata.normalize("NFD", text).encode()
            for file, text in files.items()
        }
        assert decomposed != composed
        truth = parse_files(decomposed, "source")
        assert truth == parse_files(composed, "source")
        (topic,) = truth.topics
        assert (topic.name, topic.image) == ("chùa_1", "chùa")
        assert judgements_hash(truth) == judgements_hash(parse_files(composed, "source"))

    def test_two_spellings_of_one_name_are_told_by_name(self):
        """Catches one picture listed in two ways that counts twice, or passes in silence."""
        spelled = [unicodedata.normalize(form, "chùa") for form in ("NFC", "NFD")]
        truth = parse_files(FILES | {"door_1_good.txt": "\n".join(spelled).encode()}, "source")
        assert truth.topics[0].judgements["good"] == ("chùa",)
        (warning,) = truth.warnings
        assert (warning.line, warning.code) == (2, Code.OTHER_SPELLING)
        assert "“chùa” was already listed at door_1_good.txt:1, written with" in str(warning)
        assert faults(good=spelled[0].encode(), ok=spelled[1].encode()) == [
            ("door_1_ok.txt", 1, Code.TWO_LABELS)
        ]

    def test_two_spellings_of_one_file_are_a_problem(self):
        """Catches one of two label files that silently replaces the other."""
        files = {unicodedata.normalize(form, "chùa_1_good.txt"): b"a" for form in ("NFC", "NFD")}
        assert Code.SAME_FILE_NAME in {code for _f, _l, code in found(parse_files, files, "s")}

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_wide_text_is_one_problem(self, encoding):
        """Catches names with a zero byte after each letter, and a problem for each of them."""
        assert faults(good="a\nb\nc\nd\n".encode(encoding)) == [
            ("door_1_good.txt", 1, Code.NOT_TEXT)
        ]

    def test_byte_order_marks_of_joined_files_are_no_part_of_a_name(self):
        """Catches a name that nobody sees to be another one."""
        joined = b"\xef\xbb\xbfa\n\xef\xbb\xbfsub/b\n"
        assert parse_files(FILES | {"door_1_good.txt": joined}, "s") == parse_files(FILES, "s")

    def test_duplicate_lines_count_once_and_are_reported(self):
        """Catches a positive counted twice, and duplicates that pass in silence."""
        truth = parse_files(FILES | {"door_1_good.txt": b"b\na\n\nb\nb\n"}, "source")
        assert truth.topics[0].judgements["good"] == ("b", "a")
        assert [(w.file, w.line, w.code) for w in truth.warnings] == [
            ("door_1_good.txt", 4, Code.DUPLICATE),
            ("door_1_good.txt", 5, Code.DUPLICATE),
        ]
        assert str(truth.warnings[0]) == (
            "door_1_good.txt, line 4: “b” was already listed at door_1_good.txt:1; it counts once"
        )

    @pytest.mark.parametrize(
        ("part", "data", "problem"),
        [
            ("query", None, (None, Code.MISSING_FILE)),
            ("junk", None, (None, Code.MISSING_FILE)),
            ("query", b" \n\r\n", (None, Code.EMPTY_QUERY)),
            ("query", b"a\n\nb\n", (3, Code.EXTRA_QUERY)),
            ("query", b"\na 1 2 3\n", (2, Code.BAD_BOX)),
            ("query", b"a 1 2 3 x\n", (1, Code.BAD_BOX)),
            ("query", b"a 1 2 nan 9\n", (1, Code.BAD_BOX)),
            ("query", b"a 1 2 inf 9\n", (1, Code.BAD_BOX)),
            ("query", b"a 30 2 1 40\n", (1, Code.BOX_ORDER)),
            ("query", b"a 1 40 30 40\n", (1, Code.BOX_ORDER)),
            ("query", b"a -1 2 30 40\n", (1, Code.BOX_NEGATIVE)),
            ("query", b"oxc1_ 1 2 3 4\n", (1, Code.BAD_NAME)),
            ("query", b"\xff\xfea\x00", (1, Code.NOT_TEXT)),
            ("good", b"a\nb\xe9\n", (2, Code.NOT_TEXT)),
            ("good", b"a\nb\x00\n", (2, Code.BAD_NAME)),
            ("good", b"a\n" + b"b" * 501, (2, Code.LONG_NAME)),
            ("junk", b"x\nc\n", (2, Code.TWO_LABELS)),
        ],
    )
    def test_every_fault_is_named_with_file_and_line(self, part, data, problem):
        """Catches faults that pass, and faults blamed on another place."""
        assert faults(**{part: data}) == [(f"door_1_{part}.txt", *problem)]

    def test_all_problems_at_once(self):
        """Catches a reader that makes its user repair one line a time."""
        assert faults(query=b"a 1", good=b"\xff", ok=b"\x01\nz", junk=b"z") == [
            ("door_1_good.txt", 1, Code.NOT_TEXT),
            ("door_1_ok.txt", 1, Code.BAD_NAME),
            ("door_1_junk.txt", 1, Code.TWO_LABELS),
            ("door_1_query.txt", 1, Code.BAD_BOX),
        ]

    @pytest.mark.parametrize(
        "name", ["notes.txt", "door_1_bad.txt", "_query.txt", "door_1_good.TXT", "x_good.txt.bak"]
    )
    def test_unknown_files_are_named(self, name):
        """Catches a misspelt label file that is passed over."""
        assert (name, None, Code.UNKNOWN_FILE) in found(parse_files, FILES | {name: b"a"}, "source")

    def test_two_labels_says_where_the_other_is(self):
        """Catches a message that names only one of the two contradicting lines."""
        with pytest.raises(GroundTruthError) as caught:
            parse_files(FILES | {"door_1_junk.txt": b"c"}, "source")
        assert str(caught.value) == (
            "door_1_junk.txt, line 1: “c” already has another label at door_1_ok.txt:1"
        )

    def test_hopeless_files_stop_early(self, monkeypatch):
        """Catches a report as large as a hostile file, of problems or of warnings."""
        monkeypatch.setattr(problems, "MAX_PROBLEMS", 10)
        for data in (b"\x01\n" * 1000, b"a\n" * 1000):
            assert len(faults(good=data)) == 11

    @given(st.dictionaries(st.sampled_from(sorted(FILES)), st.binary(max_size=40)))
    def test_any_bytes_are_read_or_refused(self, changes):
        """Catches any other exception than the one that callers know."""
        try:
            parse_files(FILES | changes, "source")
        except GroundTruthError as error:
            str(error).encode()


class TestHash:
    def test_order_does_not_matter_and_facts_do(self):
        """Catches runs that cannot be compared because lines moved, and runs that can although a
        label, box, query or topic changed."""
        same = FILES | {"door_1_good.txt": b"sub/b\r\na\na\n"}
        truth = parse_files(FILES, "source")
        assert judgements_hash(parse_files(same, "other")) == judgements_hash(truth)
        moved = {"good": ("a",), "ok": ("c", "sub/b"), "junk": ()}
        (topic,) = truth.topics
        others = [
            replace(topic, name="door_2"),
            replace(topic, image="sub/b"),
            replace(topic, box=None),
            replace(topic, box=(1, 2.5, 30, 41)),
            replace(topic, judgements=moved),
        ]
        hashes = {judgements_hash(replace(truth, topics=(other,))) for other in [topic, *others]}
        assert len(hashes) == 6

    def test_equal_numbers_have_one_form(self):
        """Catches a hash that changes when a box comes back from a database or from JSON."""
        truth = parse_files(FILES, "source")
        forms = [(0, 1, 30, 40), (0.0, 1.0, 30.0, 40.0), (-0.0, 1, 30, 40)]
        topics = [replace(truth.topics[0], box=box) for box in forms]
        assert len({judgements_hash(replace(truth, topics=(topic,))) for topic in topics}) == 1
