"""Pickle files read without running them. Pure, no Django.

A pickle is a program for a small machine with a stack. Python's own machine can be made to call
anything, and reserves whatever memory it is told to. This one knows the operations that make lists,
dicts, texts, numbers and NumPy arrays, in all protocols (0 to 5, of Python 2 and 3), and refuses
every other by name. It takes no more memory than a small multiple of the file, and never recurses.
"""

import codecs
import struct
from collections.abc import Callable
from typing import Any

from .arrays import Refused, called, filled, known, named
from .phrases import Phrase
from .problems import ProblemCode

# The published files take a tenth of it.
MAX_STEPS = 3_000_000
# Of all that calls make out of what may be shared.
MAX_MADE_BYTES = 64 * 2**20
_LONGEST_NUMBER = 40
_LONGEST_KEY = 500


class _Stop(Exception):
    """The program has come to its end."""


def load(data: bytes) -> Any:
    """Return what a pickle file holds: numbers, str, bytes, None, lists, tuples, dicts, `Array`s.

    Keys of dicts are str. Lists and dicts may be shared and may hold themselves, as in any pickle.
    Raises `Refused`.
    """
    machine = _Machine(data)
    try:
        for _step in range(MAX_STEPS):
            machine.step()
    except _Stop:
        return machine.result()
    raise Refused(ProblemCode.BAD_PICKLE, Phrase.MANY_STEPS, str(MAX_STEPS))


class _Machine:
    """The stack, the marks in it, and what was put aside; `at` is the place in the file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.aside: dict[int, Any] = {}
        self.made = 0

    def step(self) -> None:
        code = self.take(1)
        operation = _OPERATIONS.get(code)
        if operation is None:
            raise self.odd(self.at - 1)
        operation(self)

    def result(self) -> Any:
        if len(self.stack) != 1 or self.marks:
            raise self.odd()
        if self.at < len(self.data):
            raise Refused(ProblemCode.BAD_PICKLE, Phrase.MORE, str(self.at))
        return self.stack[0]

    def odd(self, at: int | None = None) -> Refused:
        place = str(self.at if at is None else at)
        return Refused(ProblemCode.BAD_PICKLE, Phrase.NO_PICKLE, place)

    # The file

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise Refused(ProblemCode.BAD_PICKLE, Phrase.CUT)
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, count: int) -> int:
        """Take an unsigned number of that many bytes."""
        return int.from_bytes(self.take(count), "little")

    def sized(self, count: int) -> bytes:
        """Take as many bytes as a number of `count` bytes before them says."""
        return self.take(self.number(count))

    def line(self) -> bytes:
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise Refused(ProblemCode.BAD_PICKLE, Phrase.CUT)
        return self.take(end + 1 - self.at)[:-1]

    # The stack

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise self.odd()
        return self.stack.pop()

    def top(self) -> Any:
        value = self.pop()
        self.stack.append(value)
        return value

    def since_mark(self) -> list[Any]:
        """Take everything above the last mark, and the mark."""
        if not self.marks:
            raise self.odd()
        start = self.marks.pop()
        taken = self.stack[start:]
        del self.stack[start:]
        return taken

    def several(self, count: int) -> tuple[Any, ...]:
        return tuple(reversed([self.pop() for _number in range(count)]))

    # Operations with more to them than a line

    def append(self, values: list[Any]) -> None:
        target = self.top()
        if type(target) is not list:
            raise self.odd()
        target.extend(values)

    def put_items(self, values: list[Any]) -> None:
        target = self.top()
        if type(target) is not dict or len(values) % 2:
            raise self.odd()
        for key, value in zip(values[::2], values[1::2], strict=True):
            # A tuple of tuples of ... as a key would have to be hashed, to any depth.
            if not isinstance(key, str | bytes) or len(key) > _LONGEST_KEY:
                raise Refused(ProblemCode.BAD_PICKLE, Phrase.ODD_KEY, str(self.at))
            text = key.decode("latin-1") if isinstance(key, bytes) else key
            if text in target:
                raise Refused(ProblemCode.BAD_PICKLE, Phrase.REPEATED_KEY, text[:60])
            target[text] = value

    def dict_since_mark(self) -> None:
        values = self.since_mark()
        self.push({})
        self.put_items(values)

    def discard(self) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()

    def integer(self, text: bytes) -> int:
        if len(text) > _LONGEST_NUMBER:
            raise Refused(ProblemCode.BAD_PICKLE, Phrase.LONG_NUMBER)
        return self.parsed(lambda: int(text))

    def long_integer(self, size: int) -> None:
        count = self.number(size)
        if count > _LONGEST_NUMBER // 2:
            raise Refused(ProblemCode.BAD_PICKLE, Phrase.LONG_NUMBER)
        self.push(int.from_bytes(self.take(count), "little", signed=True))

    def parsed(self, parse: Callable[[], Any]) -> Any:
        """Return what `parse` makes of a line; what it cannot take is said with its place."""
        at = self.at
        try:
            return parse()
        except ValueError as error:
            raise self.odd(at) from error

    def old_text(self) -> bytes:
        """A text of Python 2, as its `repr`."""
        text = self.line().strip()
        if len(text) < 2 or text[:1] not in b"'\"" or text[:1] != text[-1:]:
            raise self.odd()
        return self.parsed(lambda: codecs.escape_decode(text[1:-1])[0])

    def text(self, data: bytes, encoding: str = "utf-8") -> None:
        errors = "surrogatepass" if encoding == "utf-8" else "strict"
        self.push(self.parsed(lambda: data.decode(encoding, errors)))

    def aside_at(self, number: int) -> Any:
        if number not in self.aside:
            raise self.odd()
        return self.aside[number]

    def put_aside(self, number: int) -> None:
        self.aside[number] = self.top()

    def find(self, module: Any, name: Any) -> None:
        texts = [
            part.decode("latin-1") if isinstance(part, bytes) else part for part in (module, name)
        ]
        if not all(isinstance(text, str) for text in texts):
            raise self.odd()
        self.push(known(*texts))

    def call(self) -> None:
        function, arguments = self.several(2)
        value = called(function, arguments, self.at)
        if isinstance(value, str | bytes):
            self.made += len(value)
            if self.made > MAX_MADE_BYTES:
                raise Refused(ProblemCode.BAD_PICKLE, Phrase.MANY_BYTES, str(MAX_MADE_BYTES))
        self.push(value)

    def fill(self) -> None:
        state = self.pop()
        filled(self.top(), state, self.at)

    def refuse(self, detail: str, other: str = "") -> None:
        raise Refused(ProblemCode.PICKLE, detail, other)

    def frame(self) -> None:
        if self.number(8) > len(self.data) - self.at:
            raise Refused(ProblemCode.BAD_PICKLE, Phrase.CUT)

    def stop(self) -> None:
        raise _Stop


_OLD_BOOLEANS = {b"00": False, b"01": True}


def _int_line(machine: _Machine) -> None:
    line = machine.line().strip()
    machine.push(_OLD_BOOLEANS[line] if line in _OLD_BOOLEANS else machine.integer(line))


def _instance(machine: _Machine) -> None:
    """A class in two lines, and the arguments of its instance above the mark."""
    module, name = (machine.line().decode("latin-1") for _part in range(2))
    machine.refuse(f"{module}.{name}"[:100])


def _object(machine: _Machine, place: int) -> None:
    """An instance of a class that stands on the stack."""
    values = machine.since_mark() if place == 0 else list(machine.several(-place))
    machine.refuse(named(values[0]) if values else Phrase.INSTANCE)


def _unsigned(size: int, take: Callable[[_Machine, int], None]) -> Callable[[_Machine], None]:
    return lambda machine: take(machine, machine.number(size))


_OPERATIONS: dict[bytes, Callable[[_Machine], Any]] = {
    b"\x80": lambda m: m.take(1),
    b"\x95": _Machine.frame,
    b".": _Machine.stop,
    # Numbers and None
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"I": _int_line,
    b"J": lambda m: m.push(int.from_bytes(m.take(4), "little", signed=True)),
    b"K": lambda m: m.push(m.number(1)),
    b"M": lambda m: m.push(m.number(2)),
    b"L": lambda m: m.push(m.integer(m.line().strip().removesuffix(b"L"))),
    b"\x8a": lambda m: m.long_integer(1),
    b"\x8b": lambda m: m.long_integer(4),
    b"F": lambda m: m.push(m.parsed(lambda: float(m.line()))),
    b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    # Texts; those of Python 2 are bytes
    b"S": lambda m: m.push(m.old_text()),
    b"T": lambda m: m.push(m.sized(4)),
    b"U": lambda m: m.push(m.sized(1)),
    b"B": lambda m: m.push(m.sized(4)),
    b"C": lambda m: m.push(m.sized(1)),
    b"\x8e": lambda m: m.push(m.sized(8)),
    b"\x96": lambda m: m.push(m.sized(8)),
    b"V": lambda m: m.text(m.line(), "raw-unicode-escape"),
    b"X": lambda m: m.text(m.sized(4)),
    b"\x8c": lambda m: m.text(m.sized(1)),
    b"\x8d": lambda m: m.text(m.sized(8)),
    # Lists, tuples, dicts
    b"(": lambda m: m.marks.append(len(m.stack)),
    b"]": lambda m: m.push([]),
    b"l": lambda m: m.push(m.since_mark()),
    b"a": lambda m: m.append([m.pop()]),
    b"e": lambda m: m.append(m.since_mark()),
    b")": lambda m: m.push(()),
    b"t": lambda m: m.push(tuple(m.since_mark())),
    b"\x85": lambda m: m.push(m.several(1)),
    b"\x86": lambda m: m.push(m.several(2)),
    b"\x87": lambda m: m.push(m.several(3)),
    b"}": lambda m: m.push({}),
    b"d": _Machine.dict_since_mark,
    b"s": lambda m: m.put_items(list(m.several(2))),
    b"u": lambda m: m.put_items(m.since_mark()),
    # The stack, and what is put aside
    b"0": _Machine.discard,
    b"1": _Machine.since_mark,
    b"2": lambda m: m.push(m.top()),
    b"p": lambda m: m.put_aside(m.integer(m.line())),
    b"q": lambda m: m.put_aside(m.number(1)),
    b"r": lambda m: m.put_aside(m.number(4)),
    b"\x94": lambda m: m.put_aside(len(m.aside)),
    b"g": lambda m: m.push(m.aside_at(m.integer(m.line()))),
    b"h": lambda m: m.push(m.aside_at(m.number(1))),
    b"j": lambda m: m.push(m.aside_at(m.number(4))),
    # What arrays are made by
    b"c": lambda m: m.find(m.line(), m.line()),
    b"\x93": lambda m: m.find(*m.several(2)),
    b"R": _Machine.call,
    b"b": _Machine.fill,
    # Everything else
    b"i": _instance,
    b"o": lambda m: _object(m, 0),
    b"\x81": lambda m: _object(m, -2),
    b"\x92": lambda m: _object(m, -3),
    b"P": lambda m: m.refuse(Phrase.ELSEWHERE),
    b"Q": lambda m: m.refuse(Phrase.ELSEWHERE),
    b"\x82": _unsigned(1, lambda m, n: m.refuse(Phrase.REGISTERED, str(n))),
    b"\x83": _unsigned(2, lambda m, n: m.refuse(Phrase.REGISTERED, str(n))),
    b"\x84": _unsigned(4, lambda m, n: m.refuse(Phrase.REGISTERED, str(n))),
    b"\x8f": lambda m: m.refuse("builtins.set"),
    b"\x90": lambda m: m.refuse("builtins.set"),
    b"\x91": lambda m: m.refuse("builtins.frozenset"),
    b"\x97": lambda m: m.refuse(Phrase.BUFFER),
    b"\x98": lambda m: m.refuse(Phrase.BUFFER),
}
