"""`manage.py check_files`, run in this process, and files that look old."""

import io
import os
import time
from pathlib import Path

from django.core.management import CommandError, call_command

TWO_HOURS = 7200


def check_files(*options: str) -> tuple[int, str, str]:
    """Return the exit status, what was written to stdout, and to stderr with the last sentence."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("check_files", *options, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    return 0, out.getvalue(), err.getvalue()


def findings(out: str) -> list[str]:
    """The lines that are about one file or row, not about a kind of them."""
    return [line for line in out.splitlines() if ": files: " not in line]


def old_file(path: Path, content: bytes = b"left behind") -> Path:
    """Write a file that nobody has touched for two hours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return aged(path)


def aged(path: Path) -> Path:
    then = time.time() - TWO_HOURS
    os.utime(path, (then, then))
    return path
