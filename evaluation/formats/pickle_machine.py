"""The machine whose programs pickles are: its stack and what may be done with it. Pure, no Django.

See `pickles.py`, which has the operations.
"""

import codecs
from collections.abc import Callable
from typing import Any

from .arrays import Refused, called, filled, known
from .phrases import Phrase
from .problems import ProblemCode

# Of all that calls make out of what may be shared.
MAX_MADE_BYTES = 64 * 2**20
_LONGEST_NUMBER = 40
_LONGEST_KEY = 500


class Stop(Exception):
    """The program has come to its end."""


class Machine:
    """The stack, the marks in it, and what was put aside; `at` is the place in the file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.aside: dict[int, Any] = {}
        self.made = 0

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

    def real(self, text: bytes) -> float:
        return self.parsed(lambda: float(text))

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
        raise Stop
