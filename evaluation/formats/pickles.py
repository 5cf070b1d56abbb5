"""Pickle files read without running them. Pure, no Django.

A pickle is a program for a small machine with a stack. Python's own machine can be made to call
anything, and reserves whatever memory it is told to. This one knows the operations that make lists,
dicts, texts, numbers and NumPy arrays, in all protocols (0 to 5, of Python 2 and 3), and refuses
every other by name. It takes no more memory than a small multiple of the file, and never recurses.
"""

import struct
from collections.abc import Callable
from typing import Any

from .arrays import Refused, named
from .phrases import Phrase
from .pickle_machine import Machine, Stop
from .problems import ProblemCode

# The published files take a tenth of it.
MAX_STEPS = 3_000_000


def load(data: bytes) -> Any:
    """Return what a pickle file holds: numbers, str, bytes, None, lists, tuples, dicts, `Array`s.

    Keys of dicts are str. Lists and dicts may be shared and may hold themselves, as in any pickle.
    Raises `Refused`.
    """
    machine = Machine(data)
    try:
        for _step in range(MAX_STEPS):
            at = machine.at
            operation = _OPERATIONS.get(machine.take(1))
            if operation is None:
                raise machine.odd(at)
            operation(machine)
    except Stop:
        return machine.result()
    raise Refused(ProblemCode.BAD_PICKLE, Phrase.MANY_STEPS, str(MAX_STEPS))


_OLD_BOOLEANS = {b"00": False, b"01": True}


def _int_line(machine: Machine) -> None:
    line = machine.line().strip()
    machine.push(_OLD_BOOLEANS[line] if line in _OLD_BOOLEANS else machine.integer(line))


def _instance(machine: Machine) -> None:
    """A class in two lines, and the arguments of its instance above the mark."""
    module, name = (machine.line().decode("latin-1") for _part in range(2))
    machine.refuse(f"{module}.{name}"[:100])


def _object(machine: Machine, place: int) -> None:
    """An instance of a class that stands on the stack."""
    values = machine.since_mark() if place == 0 else list(machine.several(-place))
    machine.refuse(named(values[0]) if values else Phrase.INSTANCE)


def _unsigned(size: int, take: Callable[[Machine, int], None]) -> Callable[[Machine], None]:
    return lambda machine: take(machine, machine.number(size))


_OPERATIONS: dict[bytes, Callable[[Machine], Any]] = {
    b"\x80": lambda m: m.take(1),
    b"\x95": Machine.frame,
    b".": Machine.stop,
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
    b"F": lambda m: m.push(m.real(m.line())),
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
    b"d": Machine.dict_since_mark,
    b"s": lambda m: m.put_items(list(m.several(2))),
    b"u": lambda m: m.put_items(m.since_mark()),
    # The stack, and what is put aside
    b"0": Machine.discard,
    b"1": Machine.since_mark,
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
    b"R": Machine.call,
    b"b": Machine.fill,
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
