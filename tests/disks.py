"""A real small disk, to be filled or made read-only."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FILLER = "filler"


class SmallDisk:
    """A mounted file system with little room."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, *, but: int = 0) -> None:
        """Leave not a single free page, or `but` bytes."""
        with (self.path / FILLER).open("ab", buffering=0) as file:
            with pytest.raises(OSError):
                while True:
                    file.write(bytes(4096))
            file.truncate(file.tell() - but)

    def empty(self) -> None:
        (self.path / FILLER).unlink()

    def freeze(self) -> None:
        """Let nothing be written any more, not even by an administrator."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)

    def rest(self) -> list[str]:
        """What lies there beside what fills it, hidden files too."""
        files = (path for path in self.path.rglob("*") if path.is_file())
        return sorted(str(f.relative_to(self.path)) for f in files if f.name != FILLER)


@contextmanager
def mounted(path: Path, *, megabytes: int = 1) -> Iterator[SmallDisk]:
    """Mount a small disk at `path`; skips the test where nothing may be mounted."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    try:
        yield SmallDisk(path)
    finally:
        # Lazily: a test that failed may have left a file open.
        subprocess.run(["umount", "-l", str(path)], check=True)
