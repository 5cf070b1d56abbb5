"""What Pillow's libtiff says while it decodes: kept from the terminal, and taken at its word.

libtiff goes on after most errors, with rows of its own making, and writes a line without the
file's name to the terminal. Its handlers (TIFFSetErrorHandler, tiffio.h) are set here to count
instead, for each thread. Where the library that Pillow loaded is not found (it is linked
statically on Windows), it goes on as before.
"""

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import PIL
from PIL import Image

from ..faults import damaged

# module, format, arguments (a va_list, which is a pointer or passed by one).
HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
# Warnings that mean rows of the decoder's own making.
COMPLETED = (b"Premature EOF", b"Line length mismatch")


class Heard(threading.local):
    """How many errors the current thread's decoding has met."""

    errors = 0


heard = Heard()


def on_error(_module: bytes | None, _text: bytes | None, _arguments: Any) -> None:
    heard.errors += 1


def on_warning(_module: bytes | None, text: bytes | None, _arguments: Any) -> None:
    heard.errors += any(words in (text or b"") for words in COMPLETED)


# The library keeps only their addresses: they must live as long as the process.
HANDLERS = HANDLER(on_error), HANDLER(on_warning)


def loaded_library() -> str | None:
    """Return the path of the libtiff that this process has loaded with Pillow."""
    Image.init()
    if sys.platform == "linux":  # pragma: no branch
        maps = Path("/proc/self/maps").read_text()
        paths = {line.split(maxsplit=5)[5] for line in maps.splitlines() if "libtiff" in line}
        return min(paths, default=None)
    bundled = sorted(Path(PIL.__file__).parent.glob(".dylibs/libtiff*.dylib"))  # pragma: no cover
    return str(bundled[0]) if bundled else None  # pragma: no cover


@lru_cache(maxsize=1)
def listen() -> bool:
    """Set the handlers, once; tells whether the library was found."""
    try:
        path = loaded_library()
        library = ctypes.CDLL(path) if path else None
        if library is None:
            return False
        for name, handler in zip(("TIFFSetErrorHandler", "TIFFSetWarningHandler"), HANDLERS,
                                 strict=True):  # fmt: skip
            setter = getattr(library, name)
            setter.argtypes, setter.restype = [HANDLER], ctypes.c_void_p
            setter(handler)
    except (OSError, AttributeError):  # pragma: no cover (a library that cannot be asked)
        return False
    return True


@contextmanager
def strict() -> Iterator[None]:
    """Raise `PictureError` where libtiff meets an error, even one that it goes on after."""
    listen()
    heard.errors = 0
    yield
    if heard.errors:
        raise damaged("TIFF")
