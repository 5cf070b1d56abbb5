"""How many connections the server holds: the numbers of `quickstart` and of README's line.

One connection costs the server a file and a few kilobytes, whether or not anything comes through
it; only a whole request takes a thread. So there may be many, and idle ones are closed early.
"""

from typing import Any

try:
    import resource
except ImportError:  # pragma: no cover (Windows, which has no such limit)
    resource = None  # type: ignore[assignment]

# Options of waitress, by their names in Python.
OPTIONS: dict[str, Any] = {
    # Most of them may hold an upload that waits for its turn (`search/turns.py`).
    "threads": 32,
    "connection_limit": 2000,
    # Seconds without a byte in either direction; work on an answer does not count.
    "channel_timeout": 30,
    # select() stops at 1024 files.
    "asyncore_use_poll": True,
}

# For the connections, and for what the pages open.
FILES = 2 * OPTIONS["connection_limit"]


def allow_many_files() -> None:
    """Raise this process's soft limit of open files, 1024 on most systems, as far as it may."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
