"""Tensors are read from torch's files; whatever else such a file asks for is refused, not done."""

import pickle
import struct
from io import BytesIO

import numpy as np
import pytest

from catalog.descriptors.backbones.torch_file import (
    MAGIC,
    VERSION,
    TorchFileError,
    read_tensors,
)

# Programs for the unpickler's machine, by hand: what torch writes, and what an attacker would.
NONE, FALSE, EMPTY, CALL = b"N", b"\x89", b")", b"R"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def several(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


ORDERED = named("collections", "OrderedDict") + EMPTY + CALL


def storage(key="0", kind="FloatStorage", count=6, word="storage") -> bytes:
    parts = text(word), named("torch", kind), text(key), text("cpu"), number(count), NONE
    return several(*parts) + b"Q"


def tensor(stored=None, offset=0, shape=(2, 3), strides=(3, 1)) -> bytes:
    arguments = several(
        storage() if stored is None else stored,
        number(offset),
        several(*map(number, shape)),
        several(*map(number, strides)),
        FALSE,
        ORDERED,
    )
    return named("torch._utils", "_rebuild_tensor_v2") + arguments + CALL


def whole(*tensors: bytes) -> bytes:
    """The program of a state dictionary; torch gives its an attribute, too."""
    items = b"".join(text(f"t{place}") + one for place, one in enumerate(tensors))
    attributes = b"}" + text("_metadata") + NONE + b"s"
    return ORDERED + b"(" + items + b"u" + attributes + b"b."


NUMBERS = {"0": np.arange(6, dtype="<f4")}


def file(program: bytes, numbers=NUMBERS, magic=MAGIC, version=VERSION) -> BytesIO:
    heads = b"".join(map(pickle.dumps, (magic, version, {"little_endian": True})))
    keys = pickle.dumps(list(numbers))
    data = b"".join(struct.pack("<q", len(n)) + n.tobytes() for n in numbers.values())
    return BytesIO(heads + program + keys + data)


def test_tensors_have_their_numbers_shapes_and_types():
    # Catches a reader that ignores strides, offsets, or which storage a tensor lies in.
    numbers = NUMBERS | {"1": np.array([7, 8], dtype="<i8")}
    found = read_tensors(
        file(
            whole(
                tensor(),
                tensor(shape=(3, 2), strides=(1, 3)),
                tensor(offset=4, shape=(2,), strides=(1,)),
                tensor(storage("1", "LongStorage", 2), shape=(), strides=(), offset=1),
            ),
            numbers,
        )
    )
    assert found["t0"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["t1"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["t2"].tolist() == [4, 5]
    assert found["t3"] == 8
    assert [found[name].dtype for name in ("t0", "t3")] == [np.float32, np.int64]


@pytest.mark.parametrize(
    "program",
    [
        named("os", "system") + several(text("echo hostile > /dev/null")) + CALL + b".",
        named("builtins", "eval") + several(text("1/0")) + CALL + b".",
        named("builtins", "getattr") + EMPTY + CALL + b".",
        named("torch", "load") + b".",
        named("numpy", "dtype") + several(text("f4")) + CALL + b".",
        b"\x8c\x02os\x8c\x06system\x93.",  # the operation of protocol 4
        whole(named("collections", "OrderedDict")),  # things that are not tensors
        whole(number(5)),
        number(5) + b".",
        b"].",
        whole(tensor(storage(word="module"))),
        whole(tensor(text("no storage") + b"Q")),
        whole(tensor(number(3))),
        whole(tensor(shape=(2, 3), strides=(3,))),
        named("torch._utils", "_rebuild_tensor_v2") + EMPTY + CALL + b".",
        named("torch", "FloatStorage") + EMPTY + CALL + b".",
        b"\xff.",
        b"h\x05.",
        b"",
    ],
)
def test_anything_else_is_refused(program):
    # Catches a name that is looked up, and an error of Python's own that gets through.
    with pytest.raises(TorchFileError):
        read_tensors(file(program))


@pytest.mark.parametrize(
    "place",
    [
        {"offset": 1},
        {"offset": -1},
        {"shape": (3, 3)},
        {"shape": (-2, 3)},
        {"strides": (4, 1)},
        {"strides": (3, -1)},
    ],
)
def test_a_tensor_beyond_its_numbers_is_refused(place):
    # Catches reads of memory that is not the file's.
    with pytest.raises(TorchFileError, match="beyond"):
        read_tensors(file(whole(tensor(**place))))


@pytest.mark.parametrize(
    ("program", "numbers"),
    [
        (whole(tensor()), {}),
        (whole(tensor()), {"9": NUMBERS["0"]}),
        (whole(tensor()), {"0": NUMBERS["0"][:5]}),
        (whole(tensor(), tensor(storage(count=7))), NUMBERS),
        (whole(tensor(), tensor(storage(kind="LongStorage"))), NUMBERS),
    ],
)
def test_numbers_that_are_not_the_tensors_are_refused(program, numbers):
    with pytest.raises(TorchFileError, match="storage"):
        read_tensors(file(program, numbers))


def test_a_cut_file_is_refused_wherever_it_is_cut():
    content = file(whole(tensor())).getvalue()
    for length in range(len(content)):
        with pytest.raises(TorchFileError):
            read_tensors(BytesIO(content[:length]))


@pytest.mark.parametrize("heads", [{"magic": 1}, {"version": 1002}, {"magic": "PK"}])
def test_files_of_another_kind_are_refused(heads):
    with pytest.raises(TorchFileError, match="legacy"):
        read_tensors(file(whole(tensor()), **heads))
