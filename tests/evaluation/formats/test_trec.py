"""Run and qrels files: read, written, and read back."""

import unicodedata

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from evaluation.formats import problems
from evaluation.formats.names import entering, name_fault
from evaluation.formats.problems import ProblemCode, RunFileError
from evaluation.formats.trec import format_qrels, format_run, parse_run

names = st.text(min_size=1, max_size=12).filter(
    lambda name: name_fault(name, written="") is None and entering(name) == name
)


def faults(data: bytes) -> list[tuple[int | None, ProblemCode]]:
    with pytest.raises(RunFileError) as caught:
        parse_run(data, "x.run")
    assert {problem.file for problem in caught.value.problems} == {"x.run"}
    return [(problem.line, problem.code) for problem in caught.value.problems]


def test_order_is_by_score_then_name_backwards():
    """Catches trust in the rank column or in the order of lines, which trec_eval ignores."""
    run = parse_run(
        b"t1 Q0 low 1 0.5 x\nt2 Q0 only 1 0 x\nt1 Q0 a 2 2 x\nt1 Q0 b 3 2.0 x\nt1 Q0 top 9 1e3 x\n"
    )
    assert run == {"t1": ("top", "b", "a", "low"), "t2": ("only",)}


def test_single_precision_makes_ties():
    """Catches an order that trec_eval does not see: it holds scores in single precision."""
    assert parse_run(b"t Q0 a 1 1.000000001 x\nt Q0 b 2 1 x\n") == {"t": ("b", "a")}


def test_tolerant_of_how_the_file_was_made():
    """Catches failing at tabs, CRLF, blank lines, a byte order mark or no last line end."""
    assert parse_run(b"\xef\xbb\xbft\tQ0\ta/b\t1\t-3\tx\r\n\r\n  t Q0 c 1 -4 x") == {
        "t": ("a/b", "c")
    }


def test_names_are_composed_as_those_of_the_collection_are():
    """Catches a run of decomposed letters, as macOS writes them, that finds no picture."""
    decomposed = unicodedata.normalize("NFD", "chùa_Đồng")
    assert parse_run(f"{decomposed} Q0 {decomposed} 1 1 x\n".encode()) == {
        "chùa_Đồng": ("chùa_Đồng",)
    }


def test_two_spellings_of_one_name_are_a_problem():
    """Catches one picture that is ranked twice because its letters are written in two ways."""
    spelled = [unicodedata.normalize(form, "chùa") for form in ("NFC", "NFD")]
    with pytest.raises(RunFileError) as caught:
        parse_run("".join(f"t Q0 {name} 1 {at} x\n" for at, name in enumerate(spelled)).encode())
    (problem,) = caught.value.problems
    assert (problem.line, problem.code) == (2, ProblemCode.SAME_SPELLED)
    assert "“chùa” was already ranked for this topic on line 1, written with" in str(problem)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_is_one_problem(encoding):
    """Catches names with a zero byte after each letter, and a problem for each of their lines."""
    assert faults("t Q0 a 1 1 x\nt Q0 b 1 0 x\n".encode(encoding)) == [(1, ProblemCode.NOT_TEXT)]


@pytest.mark.parametrize("name", ["%41", "a%C3%20b", "%E2%80", "%FF%20", "%20%E2%80%AE%zz", "50%"])
def test_what_other_systems_mean_by_percent_signs_stays(name):
    """Catches bytes of a name that are dropped because they look like an escape."""
    ((found,),) = parse_run(f"t Q0 a{name}z 1 1 x".encode()).values()
    expected = {
        "a%C3%20b": "aa%C3 bz",
        "%FF%20": "a%FF z",
        "%20%E2%80%AE%zz": "a \u202e%zzz",
    }
    assert found == expected.get(name, f"a{name}z")


@pytest.mark.parametrize("name", ["a%00b", "%00", "%20", "%EF%BB%BF"])
def test_escapes_make_no_impossible_names(name):
    """Catches a zero byte, which no database takes, or an empty name, by way of an escape."""
    assert faults(f"t Q0 {name} 1 1 x".encode()) == [(1, ProblemCode.BAD_NAME)]


def test_every_problem_is_named_with_its_line():
    """Catches stopping at the first problem, silent skipping and lines counted from 0."""
    data = b"\n".join(
        [
            b"t Q0 a 1 1 x",
            b"t Q0 a b 1 1 x",
            b"t Q0 b 1 high x",
            b"t Q0 b 1 nan x",
            b"t Q0 b 1 1e39 x",
            b"t Q0 b 1 1_0 x",
            b"t Q0 a 1 0 x",
            b"t Q0 \xff 1 0 x",
            b"t Q0 \x1b[2J 1 0 x",
            b"only this",
        ]
    )
    assert faults(data) == [
        (2, ProblemCode.BAD_COLUMNS),
        (3, ProblemCode.BAD_SCORE),
        (4, ProblemCode.BAD_SCORE),
        (5, ProblemCode.BAD_SCORE),
        (6, ProblemCode.BAD_SCORE),
        (7, ProblemCode.SAME_DOCUMENT),
        (8, ProblemCode.NOT_TEXT),
        (9, ProblemCode.BAD_NAME),
        (10, ProblemCode.BAD_COLUMNS),
    ]


def test_the_sentence_says_where():
    """Catches a message without file, line or reason, and control characters in a message."""
    with pytest.raises(RunFileError) as caught:
        parse_run(b"t Q0 a 1 1 x\nt Q0 a 2 1 x\nt Q0 \x1b 2 1 x", "my.run")
    first, second = str(caught.value).split("\n")
    assert first == "my.run, line 2: “a” was already ranked for this topic on line 1"
    assert second.startswith("my.run, line 3: the name “\\x1b” is empty")


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_no_run(data):
    """Catches an evaluation of nothing that looks like one of 0."""
    assert faults(data) == [(None, ProblemCode.NO_RESULTS)]


def test_a_hopeless_file_stops_early(monkeypatch):
    """Catches a report as large as a hostile file."""
    monkeypatch.setattr(problems, "MAX_PROBLEMS", 10)
    found = faults(b"no\n" * 1000)
    assert len(found) == 11
    assert found[-1] == (None, ProblemCode.TOO_MANY_PROBLEMS)


def test_written_lines():
    """Catches ranks from 0, rising scores and ignored pictures left in."""
    lines = list(format_run({"t": ["a", "junk", "b c"]}, "sis", omit={"t": {"junk"}}))
    assert lines == ["t Q0 a 1 2 sis\n", "t Q0 b%20c 2 1 sis\n"]
    odd = ["a\nb", "\x1b[2J", "\u202ejpg", "\u2028", "क\u200dष"]
    assert [line.split()[2] for line in format_run({"t": odd}, "sis")] == [
        *("a%0Ab", "%1B[2J", "%E2%80%AEjpg", "%E2%80%A8", "क\u200dष"),
    ]
    assert list(format_qrels({"t": {"b c": 1, "50%": 0}})) == ["t 0 b%20c 1\n", "t 0 50%25 0\n"]


@given(st.dictionaries(names, st.lists(names, min_size=1, max_size=8, unique=True), max_size=4))
def test_what_is_written_reads_back(rankings):
    """Catches names with blanks, percent signs, control characters or other scripts that come back
    as others, or make another line or column."""
    text = "".join(format_run(rankings, "sis"))
    expected = {topic: tuple(ranking) for topic, ranking in rankings.items()}
    assert (parse_run(text.encode()) if text else {}) == expected


@given(st.dictionaries(names, st.lists(names, min_size=1, max_size=8, unique=True), max_size=4))
def test_other_readers_see_the_same_columns(rankings):
    """Catches a blank that this reader does not split at and another one does."""
    run = pytrec_eval.parse_run("".join(format_run(rankings, "sis")).split("\n")[:-1])
    assert [len(found) for found in run.values()] == [len(names) for names in rankings.values()]
    judgements = {topic: dict.fromkeys(ranking, 1) for topic, ranking in rankings.items()}
    qrels = pytrec_eval.parse_qrel("".join(format_qrels(judgements)).split("\n")[:-1])
    assert {topic: set(found) for topic, found in run.items()} == {
        topic: set(found) for topic, found in qrels.items()
    }


def test_long_rankings_keep_their_order():
    """Catches scores that single precision cannot tell apart."""
    ranking = [f"{at:06d}" for at in range(20_000)]
    assert parse_run("".join(format_run({"t": ranking}, "x")).encode())["t"] == tuple(ranking)


@pytest.mark.parametrize("tag", ["", "two words", "a%"])
def test_a_tag_is_one_word(tag):
    """Catches a seventh column."""
    with pytest.raises(ValueError, match="tag"):
        list(format_run({"t": ["a"]}, tag))


def test_an_empty_name_is_refused():
    """Catches a line that lacks a column."""
    with pytest.raises(ValueError, match="empty"):
        list(format_run({"t": [""]}, "x"))
