"""Gives the memory of large pictures back to the system. Knows no Django.

The C library keeps freed blocks for later, more of them the larger they were, so that a server
that has decoded one huge picture would stay huge. Where it is glibc, two calls change that.
"""

import ctypes
from functools import lru_cache

M_MMAP_THRESHOLD = -3
# Pillow keeps pictures in blocks of 16 MiB. Blocks from this size on are mapped one by one, and
# unmapped when freed; glibc would raise the threshold to 32 MiB after the first of them.
MAPPED_BYTES = 8 * 1024**2


@lru_cache(maxsize=1)
def c_library() -> ctypes.CDLL | None:
    """The process's C library where it has glibc's calls, else None."""
    try:
        library = ctypes.CDLL(None)
        library.mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
        library.malloc_trim.argtypes = (ctypes.c_size_t,)
    except (AttributeError, OSError, TypeError):  # pragma: no cover (musl, macOS, Windows)
        return None
    return library


def map_large_blocks() -> None:
    """Let every large block be returned to the system as soon as it is freed."""
    if (library := c_library()) is not None:
        library.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)


def trim() -> None:
    """Return what lies free at the end of a decoding that took much memory."""
    if (library := c_library()) is not None:
        library.malloc_trim(0)
