"""What pickled NumPy arrays ask for, done by harmless stand-ins. Pure, no Django.

A pickle does not hold an array: it names functions of NumPy that make one, with their arguments.
NumPy's own trust these. The stand-ins here take the same arguments, check that type, shape and data
belong together, and run nothing.
"""

import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .phrases import Phrase
from .problems import ProblemCode

# Truth values, integers, floats, bytes and texts.
_TYPE = re.compile(r"b1|[iu][1248]|f[248]|[SU][1-9][0-9]{0,3}")
_ORDERS = ("<", ">", "=", "|")
_MOST_DIMENSIONS = 8

# What pickles of different ages call the same modules.
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")


class Refused(ValueError):
    """A pickle cannot be read, or asks for what is not read: `code`, `detail`, `other`."""

    def __init__(self, code: ProblemCode, detail: str, other: str = "") -> None:
        self.code, self.detail, self.other = code, detail, other
        super().__init__(code, detail, other)


class _OddError(ValueError):
    """The arguments of a known function are not those that NumPy writes."""


@dataclass(frozen=True, slots=True)
class Named:
    """A function or class that a pickle names; only ever compared, never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"[:100]


@dataclass(slots=True)
class ElementType:
    """A type of elements such as `i8`; its byte order comes after it in the file."""

    text: str
    order: str = "="

    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.text)


@dataclass(slots=True)
class Array:
    """An array's parts as the file has them; `element` is None until it is filled."""

    element: ElementType | None = None
    shape: tuple[int, ...] = (0,)
    fortran: bool = False
    raw: bytes = b""

    @property
    def size(self) -> int:
        """How many elements it holds."""
        return math.prod(self.shape)

    def values(self) -> Any:
        """Return nested lists of Python's own numbers and texts; one value for no dimension.

        Raises ValueError for texts that are none, and for an array that was never filled.
        """
        if self.element is None:
            raise _OddError
        flat = np.frombuffer(self.raw, self.element.dtype())
        # NumPy does not check, and makes strings that are none.
        if self.element.text[0] == "U" and flat.size:
            letters = flat.view(np.dtype(flat.dtype.byteorder + "u4"))
            if int(letters.max()) > sys.maxunicode:
                raise _OddError
        return flat.reshape(self.shape, order="F" if self.fortran else "C").tolist()


def known(module: str, name: str) -> Named:
    """Return what a pickle names. Raises `Refused` for what is not part of an array."""
    named = Named(module, name)
    if (module, name) not in _CALLS and (module, name) != ("numpy", "ndarray"):
        raise Refused(ProblemCode.PICKLE, str(named))
    return named


def called(function: Any, arguments: Any, at: int) -> Any:
    """Return what a known function stands for; `at`: the place in the file, for messages."""
    call = _CALLS.get((function.module, function.name)) if isinstance(function, Named) else None
    if call is None:
        raise Refused(ProblemCode.PICKLE, named(function))
    try:
        return call(*arguments)
    except Refused:
        raise
    except (TypeError, ValueError) as error:
        # Other arguments, or another number of them, than NumPy writes.
        raise Refused(ProblemCode.BAD_PICKLE, Phrase.ODD_ARRAY, str(at)) from error


def filled(value: Any, state: Any, at: int) -> None:
    """Give an array or a type what follows it in the file."""
    if not isinstance(value, Array | ElementType):
        raise Refused(ProblemCode.PICKLE, named(value))
    try:
        if isinstance(value, ElementType):
            _fill_type(value, *state)
        else:
            _fill_array(value, *state)
    except Refused:
        raise
    except (TypeError, ValueError) as error:
        raise Refused(ProblemCode.BAD_PICKLE, Phrase.ODD_ARRAY, str(at)) from error


def named(value: Any) -> str:
    """Say what something would be made of, for a refusal."""
    return str(value) if isinstance(value, Named) else f"builtins.{type(value).__name__}"


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise _OddError
    return value


def _element_type(text: Any, *_flags: Any) -> ElementType:
    order, kind = "=", _text(text)
    if kind[:1] in _ORDERS:
        order, kind = kind[0], kind[1:]
    if not _TYPE.fullmatch(kind):
        raise Refused(ProblemCode.PICKLE, Phrase.ARRAY_TYPE, kind[:60])
    return ElementType(kind, order)


def _fill_type(
    element: ElementType,
    version: Any,
    order: Any,
    parts: Any,
    names: Any,
    fields: Any,
    *_sizes: Any,
) -> None:
    if (parts, names, fields) != (None, None, None):
        raise Refused(ProblemCode.PICKLE, Phrase.ARRAY_TYPE, element.text)
    if not isinstance(version, int) or _text(order) not in _ORDERS:
        raise _OddError
    element.order = _text(order)


def _empty(kind: Any, _shape: Any, _type: Any) -> Array:
    if kind != Named("numpy", "ndarray"):
        raise Refused(ProblemCode.PICKLE, named(kind))
    return Array()


def _fill_array(array: Array, *state: Any) -> None:
    # The oldest have no version before the rest.
    shape, element, fortran, raw = state[-4:]
    if array.element is not None or len(state) > 5:
        raise _OddError
    made = _checked(raw, element, shape, bool(fortran))
    array.element, array.shape = made.element, made.shape
    array.fortran, array.raw = made.fortran, made.raw


def _from_buffer(raw: Any, element: Any, shape: Any, order: Any) -> Array:
    return _checked(raw, element, shape, _text(order) == "F")


def _scalar(element: Any, raw: Any) -> Any:
    return _checked(raw, element, (), fortran=False).values()


def _checked(raw: Any, element: Any, shape: Any, fortran: bool) -> Array:
    if not isinstance(element, ElementType) or not isinstance(shape, tuple):
        raise _OddError
    if not isinstance(raw, bytes) or len(shape) > _MOST_DIMENSIONS:
        raise _OddError
    if not all(type(side) is int and 0 <= side <= 2**31 for side in shape):
        raise _OddError
    if math.prod(shape) * element.dtype().itemsize != len(raw):
        raise _OddError
    return Array(element, shape, fortran, raw)


def _encoded(text: Any, encoding: Any) -> bytes:
    """Bytes in protocols older than Python 3's are written as this call."""
    if _text(encoding) != "latin1" or not isinstance(text, str):
        raise _OddError
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


_CALLS: dict[tuple[str, str], Callable[..., Any]] = {
    **{(module, "_reconstruct"): _empty for module in _MULTIARRAY},
    **{(module, "scalar"): _scalar for module in _MULTIARRAY},
    **{(module, "_frombuffer"): _from_buffer for module in _NUMERIC},
    ("numpy", "dtype"): _element_type,
    ("_codecs", "encode"): _encoded,
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "bytes"): _no_bytes,
}
