"""Pickles: what plain values they hold, in every protocol, and that nothing in them is ever run."""

import os
import pickle
import struct
import tracemalloc
from collections import OrderedDict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.formats import pickle_machine, pickles
from evaluation.formats.arrays import Array, Refused
from evaluation.formats.pickles import load
from evaluation.formats.problems import Problem
from evaluation.formats.problems import ProblemCode as Code

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)


def refusal(data: bytes) -> Problem:
    with pytest.raises(Refused) as caught:
        load(data)
    problem = Problem("gnd.pkl", None, caught.value.code, caught.value.detail, caught.value.other)
    str(problem).encode()
    return problem


def as_written(value) -> bytes:
    """Protocol 4, made by hand, of one value and the end."""
    return b"\x80\x04" + value + b"."


class Runs:
    """Unpickled by Python's own means, it would run `os.system`."""

    def __reduce__(self):
        return (os.system, ("touch was-run",))


class TestPlainValues:
    @given(plain, st.sampled_from(PROTOCOLS))
    def test_as_python_reads_them(self, value, protocol):
        """Catches an operation that does something else than Python's, in any protocol."""
        assert load(pickle.dumps(value, protocol)) == value

    @given(st.lists(plain, max_size=4))
    def test_shared_ones_stay_shared(self, values):
        """Catches a place aside that gives back another value."""
        values = [*values, values, "text"]
        assert load(pickle.dumps([values[:-2], values[:-2]])) == [values[:-2], values[:-2]]

    def test_lists_that_hold_themselves(self):
        """Catches recursion without end."""
        value: list = []
        value.append(value)
        found = load(pickle.dumps(value))
        assert found[0] is found


@pytest.mark.parametrize("protocol", PROTOCOLS)
class TestArrays:
    @pytest.mark.parametrize(
        "array",
        [
            np.arange(6),
            np.arange(6, dtype=">i4"),
            np.arange(6, dtype=np.uint8),
            np.arange(6).reshape(2, 3),
            np.asfortranarray(np.arange(6).reshape(2, 3)),
            np.arange(12)[::2],
            np.linspace(0, 1, 5),
            np.linspace(0, 1, 5, dtype=np.float32),
            np.array([], dtype=np.int64),
            np.array([True, False]),
            np.array(["chùa", "b"]),
            np.array(["chùa", "𝔘"], dtype=">U6"),
            np.array([], dtype="U3"),
            np.array([b"a", b"bc"]),
            np.array(7),
        ],
        ids=repr,
    )
    def test_their_values(self, array, protocol):
        """Catches another byte order, order of axes or shape."""
        found = load(pickle.dumps(array, protocol))
        assert isinstance(found, Array)
        assert found.values() == array.tolist()

    @pytest.mark.parametrize("value", [np.int64(-7), np.uint8(200), np.float64(1.5), np.bool_(1)])
    def test_numbers_of_numpy_are_numbers(self, value, protocol):
        """Catches indices of NumPy's own types, which are no lists' indices later."""
        found = load(pickle.dumps(value, protocol))
        assert (found, type(found)) == (value.item(), type(value.item()))

    @pytest.mark.parametrize(
        ("array", "kind"),
        [
            (np.array([{}, []], dtype=object), "“O8”"),
            (np.array([1j]), "“c16”"),
            (np.array(["2020-01-01"], dtype="M8[D]"), "“M8”"),
            (np.zeros(2, dtype=[("a", "i4")]), "“V4”"),
        ],
    )
    def test_other_types_are_refused_by_name(self, array, kind, protocol):
        """Catches objects smuggled in as elements of an array."""
        problem = refusal(pickle.dumps(array, protocol))
        assert problem.code is Code.PICKLE
        assert kind in str(problem)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Runs(), f"{os.name}.system"),
        (eval, ".eval"),
        ({1, 2}, "set"),
        (frozenset([1]), "frozenset"),
        (OrderedDict(a=1), "collections.OrderedDict"),
        (date(2020, 1, 1), "datetime.date"),
        (Decimal(1), "decimal.Decimal"),
        (Fraction(1, 2), "fractions.Fraction"),
        (1j, ".complex"),
        (range(3), "range"),
        (Exception("x"), "Exception"),
        (np.ma.masked_array([1], [False]), "numpy.ma"),
        (np.random.default_rng(0), "numpy.random"),
        (np.memmap, "numpy.memmap"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_everything_else_is_refused_by_name(tmp_path, monkeypatch, value, name, protocol):
    """Catches anything run, and a refusal that does not say what was asked for."""
    monkeypatch.chdir(tmp_path)
    problem = refusal(pickle.dumps(value, protocol))
    assert problem.code is Code.PICKLE
    assert name in problem.detail
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"cos\nsystem\n(S'touch was-run'\ntR.", "asks for os.system"),
        (b"(S'touch was-run'\nios\nsystem\n.", "asks for os.system"),
        (b"(cnumpy\nndarray\nS'x'\no.", "asks for numpy.ndarray"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x01x\x85R.", "asks for builtins.exec"),
        (b"\x80\x04\x8c\x02os\x8c\x0bpath.unlink\x93.", "asks for os.path.unlink"),
        (b"cnumpy\nndarray\n)\x81.", "asks for numpy.ndarray"),
        (b"cnumpy\nndarray\n)}\x92.", "asks for numpy.ndarray"),
        (b"cnumpy\nload\n(S'/etc/passwd'\ntR.", "asks for numpy.load"),
        (b"c__builtin__\ngetattr\n.", "asks for __builtin__.getattr"),
        (b"Pperson\n.", "kept outside of the file (persistent id)"),
        (b"Nq\x00Q.", "kept outside of the file (persistent id)"),
        (b"\x82\x07.", "entry 7 of the registry"),
        (b"\x84\x07\x00\x00\x00.", "entry 7 of the registry"),
        (b"\x80\x05\x97.", "kept outside of the file"),
        (b"]}b.", "asks for builtins.list"),
        (b"cnumpy\ndtype\n}S'__setstate__'\nNsb.", "asks for numpy.dtype"),
        (b"cnumpy\ndtype\ncnumpy\ndtype\nb.", "asks for numpy.dtype"),
        (b"cnumpy\nndarray\n)R.", "asks for numpy.ndarray"),
        (b"]N\x85R.", "asks for builtins.list"),
        (b"cos\x1b[2J\nsystem\n.", "asks for os\\x1b[2J.system"),
    ],
)
def test_hostile_programs_are_refused_by_name(tmp_path, monkeypatch, data, said):
    """Catches each way in which a pickle calls something, or changes what others use."""
    monkeypatch.chdir(tmp_path)
    assert said in str(refusal(data))
    assert list(tmp_path.iterdir()) == []


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
EMPTY = RECONSTRUCT + b"(cnumpy\nndarray\n(I0\ntS'b'\ntR"
LETTER = b"cnumpy\ndtype\n(S'U1'\nI0\nI1\ntR(I3\nS'<'\nNNNI4\nI4\nI8\ntb"
INT64 = b"cnumpy\ndtype\n(S'i8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"


@pytest.mark.parametrize(
    "data",
    [
        RECONSTRUCT + b"(tR.",
        RECONSTRUCT + b"(NNNtR.",
        RECONSTRUCT + b"N.R.",
        RECONSTRUCT + b"NR.",
        EMPTY + b"Nb.",
        EMPTY + b"(tb.",
        EMPTY + b"(I1\n(I2\nt" + INT64 + b"I00\nS'12345678'\ntb.",
        EMPTY + b"(I1\n(I-1\nt" + INT64 + b"I00\nS''\ntb.",
        EMPTY + b"(I1\n(I4611686018427387904\nI4\nt" + INT64 + b"I00\nS''\ntb.",
        EMPTY + b"(I1\n(" + b"I1\n" * 60 + b"t" + INT64 + b"I00\nS'12345678'\ntb.",
        EMPTY + b"(I1\n(F1.0\nt" + INT64 + b"I00\nS'12345678'\ntb.",
        EMPTY + b"(I1\n(I1\ntNI00\nS'12345678'\ntb.",
        EMPTY + b"(I1\n(I1\nt" + INT64 + b"I00\n(NltB.",
        EMPTY + b"(I1\n(I1\nt" + INT64 + b"I00\n(NltR.",
        EMPTY + b"(I1\n(I1\nt" + INT64 + b"I00\n(Nltb.",
        EMPTY + 2 * (b"(I1\n(I1\nt" + INT64 + b"I00\nS'12345678'\ntb") + b".",
        INT64 + b"(I3\nS'x'\nNNNI-1\nI-1\nI0\ntb.",
        INT64 + b"(I3\nS'<'\n(I1\nt(I1\nt(I1\ntI-1\nI-1\nI0\ntb.",
        b"cnumpy\ndtype\n(tR.",
        b"cnumpy\ndtype\n(S'i99999999999'\nI0\nI1\ntR.",
        b"cnumpy\ndtype\n(](lI0\nI1\ntR.",
        b"cnumpy.core.multiarray\nscalar\n(" + INT64 + b"S'1234'\ntR.",
        b"cnumpy.core.multiarray\nscalar\n(NNtR.",
        b"cnumpy.core.multiarray\nscalar\n(" + LETTER + b"S'\\xff\\xff\\xff\\xff'\ntR.",
        b"cnumpy.core.numeric\n_frombuffer\n(S''\nS''\nS''\nS''\ntR.",
        b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.",
        b"c_codecs\nencode\n(V\\u1234\nVlatin1\ntR.",
        b"c__builtin__\nbytes\n(I1000000000000\ntR.",
    ],
)
def test_odd_arguments_are_refused_with_their_place(data):
    """Catches a crash inside of NumPy, and memory that a shape only claims to need."""
    problem = refusal(data)
    assert problem.code in (Code.BAD_PICKLE, Code.PICKLE)
    assert problem.other or problem.detail


WHOLE = pickle.dumps({"imlist": ["a", "b"], "gnd": [np.arange(3), np.int64(2)]}, 4)


class TestDamaged:
    @pytest.mark.parametrize("length", range(len(WHOLE)))
    def test_cut_files(self, length):
        """Catches half a file taken for a whole one, and tracebacks."""
        assert refusal(WHOLE[:length]).code is Code.BAD_PICKLE

    def test_what_follows_the_end(self):
        """Catches a second pickle in the same file that is dropped in silence."""
        assert "something follows after its end, at byte" in str(refusal(WHOLE + WHOLE))

    @given(st.binary(max_size=200))
    def test_any_bytes(self, data):
        """Catches any other exception than the one that callers know."""
        try:
            load(data)
        except Refused as error:
            str(Problem("f", None, error.code, error.detail, error.other)).encode()

    @given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.sampled_from(PROTOCOLS))
    def test_one_byte_changed(self, at, byte, protocol):
        """The same, where most of the file is what it should be."""
        value = {"imlist": ["a", "b"], "gnd": [np.arange(3), np.int64(2)]}
        changed = bytearray(pickle.dumps(value, protocol))
        changed[at % len(changed)] = byte
        try:
            load(bytes(changed))
        except Refused as error:
            str(Problem("f", None, error.code, error.detail, error.other)).encode()

    @settings(max_examples=300)
    @given(
        st.lists(
            st.sampled_from(
                [
                    *(bytes([code]) for code in range(256)),
                    *(b"K\x01", b"X\x01\x00\x00\x00a", b"U\x01a", b"q\x00", b"h\x00", b"](K\x01e"),
                    *(RECONSTRUCT, EMPTY, INT64, b"I1\n", b"S'i8'\n", b"c_codecs\nencode\n"),
                ]
            ),
            max_size=30,
        )
    )
    def test_any_operations(self, parts):
        """The same, for programs that are none of Python's."""
        try:
            load(b"".join(parts) + b".")
        except Refused as error:
            str(Problem("f", None, error.code, error.detail, error.other)).encode()


def sized(code: bytes, size: int, form: str) -> bytes:
    return code + struct.pack(form, size) + b"x"


class TestCost:
    @pytest.mark.parametrize(
        "data",
        [
            sized(b"B", 2**31, "<I"),
            sized(b"X", 2**32 - 1, "<I"),
            sized(b"T", -1, "<i"),
            sized(b"\x8e", 2**62, "<Q"),
            sized(b"\x8d", 2**64 - 1, "<Q"),
            sized(b"\x96", 2**40, "<Q"),
            sized(b"\x95", 2**40, "<Q"),
            sized(b"\x8b", 2**31 - 1, "<i"),
            b"Nr\xff\xff\xff\xff.",
            b"Np99999999999999999999\n.",
            b"I" + b"9" * 100_000 + b"\n.",
            b"L" + b"9" * 100_000 + b"L\n.",
            b"\x8a\xff" + b"\xff" * 255 + b".",
        ],
    )
    def test_sizes_that_are_only_claimed_take_nothing(self, data):
        """Catches memory that is reserved because a file says so."""
        tracemalloc.start()
        try:
            load(as_written(data) if data[-1:] != b"." else data)
        except Refused as error:
            assert error.code is Code.BAD_PICKLE
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2**20

    @pytest.mark.parametrize(
        "data",
        [
            b"]" * 200_000 + b"a" * 199_999,
            b")" + b"\x85" * 200_000,
            b"}" + b"q\x000}U\x01ah\x00s" * 200_000,
        ],
        ids=["list", "tuple", "dict"],
    )
    def test_nesting_without_end_does_not_recurse(self, data):
        """Catches an exhausted stack, which ends the whole process."""
        load(as_written(data))

    def test_a_nested_tuple_as_a_key_is_refused(self):
        """Catches the hash of a tuple of tuples of ..., which exhausts the stack."""
        data = b"}" + b")" + b"\x85" * 200_000 + b"Ns"
        assert "a key of a dict is not a text" in str(refusal(as_written(data)))

    def test_sharing_makes_nothing_large(self):
        """Catches a list of lists of lists ... that only looks small."""
        data = b"](" + b"N" * 10 + b"eq\x00" + (b"0](" + b"h\x00" * 10 + b"eq\x00") * 100
        tracemalloc.start()
        load(as_written(data))
        assert tracemalloc.get_traced_memory()[1] < 2**20
        tracemalloc.stop()

    def test_calls_cannot_unfold_what_is_shared(self, monkeypatch):
        """Catches copies without end of one long text."""
        monkeypatch.setattr(pickle_machine, "MAX_MADE_BYTES", 10_000)
        text = b"X" + struct.pack("<I", 5_000) + b"x" * 5_000
        call = b"(" + b"h\x00" + b"X\x06\x00\x00\x00latin1" + b"tR0"
        data = b"c_codecs\nencode\nq\x01" + text + b"q\x000" + (b"h\x01" + call) * 3
        assert "it unfolds to more than 10000 bytes" in str(refusal(data + b"."))

    def test_steps_are_counted(self, monkeypatch):
        """Catches a file of millions of operations that holds a processor for minutes."""
        monkeypatch.setattr(pickles, "MAX_STEPS", 1000)
        assert "more than 1000 steps" in str(refusal(b"N0" * 1000 + b"N."))
