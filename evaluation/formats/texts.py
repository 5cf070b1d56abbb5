"""Bytes of a text file -> text, or a problem that says what it is instead. Pure, no Django."""

import codecs

from .phrases import Phrase
from .problems import Problem, ProblemCode

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_LOOKED_AT = 1024


class NotText(ValueError):
    """A file is not UTF-8 text; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


def text_of(data: bytes, file: str) -> str:
    """Return UTF-8 text without its byte order mark. Raises `NotText`; `file` names it there."""
    check_narrow(data, file)
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise NotText(not_text(file, line, error)) from error


def not_text(file: str, line: int, error: UnicodeDecodeError) -> Problem:
    """Return the problem of the byte that is no UTF-8."""
    byte = f"0x{error.object[error.start]:02x}"
    return Problem(file, line, ProblemCode.NOT_TEXT, Phrase.BYTE, byte)


def check_narrow(data: bytes, file: str) -> None:
    """Raise `NotText` for what editors save as “Unicode”: two bytes a letter, or four.

    Much of it could be decoded as UTF-8, into names that hold a zero byte after each letter.
    """
    sample = data[:_LOOKED_AT]
    halves = max(sample[0::2].count(0), sample[1::2].count(0))
    if data.startswith(_WIDE_MARKS) or (len(sample) > 3 and 4 * halves > len(sample)):
        raise NotText(Problem(file, 1, ProblemCode.NOT_TEXT, Phrase.UTF16))
